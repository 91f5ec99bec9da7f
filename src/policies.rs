//! Policy files on disk.

pub mod load;
#[cfg(feature = "serve")]
pub mod watch;

pub use load::{LoadError, compile, load, read};
