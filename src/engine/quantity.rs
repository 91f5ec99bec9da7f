//! The two ways in which Spark on Kubernetes writes amounts. They look alike and mean different things, `512m` being 512 MiB
//! to Spark and half a byte to Kubernetes, so they are two types with two parsers.

pub mod jvm_memory;
pub mod jvm_time;
pub mod kubernetes;

pub use jvm_memory::{JvmMemory, JvmMemoryError, Units};
pub use kubernetes::{Quantity, QuantityError, canonical};
