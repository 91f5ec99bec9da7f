//! Policy files on disk.

pub mod load;

pub use load::{LoadError, compile, load, read};
