//! The mutations, through `evaluate`: a policy as people write it, a pod as Spark makes it, and what becomes of it.

mod jmx_exporter;
