//! The ways in which Spark on Kubernetes writes amounts. They look alike and mean different things, `512m` being 512 MiB or 512 minutes
//! to Spark and half a byte to Kubernetes, so each has a type and a parser of its own.

pub mod jvm_memory;
pub mod kubernetes;
pub mod spark_time;

pub use jvm_memory::{JvmMemory, JvmMemoryError, Units};
pub use kubernetes::{Quantity, QuantityError, canonical};
pub use spark_time::{SparkTime, TimeUnit};
