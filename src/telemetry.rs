//! Logs: to standard error, as text or JSON, filtered by the environment variable `SPARKGATE_LOG`.

use std::io;
use std::panic;

use clap::ValueEnum;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, FromEnvError};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

/// Directives such as `info` or `sparkgate=debug`.
const FILTER_VARIABLE: &str = "SPARKGATE_LOG";

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not understood.
    #[error("{FILTER_VARIABLE} is not a log filter such as `info` or `sparkgate=debug`")]
    Filter(#[from] FromEnvError),
    /// Somebody else in this process has set up logging.
    #[error("logging is set up already")]
    Again(#[from] TryInitError),
}

/// Sets up the log of this process, and sends panics to it.
///
/// # Errors
/// A filter that is not understood, or a second call.
pub fn init(format: LogFormat) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .with_env_var(FILTER_VARIABLE)
        .from_env()?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false);
    match format {
        LogFormat::Text => log.finish().try_init()?,
        LogFormat::Json => log.json().flatten_event(true).finish().try_init()?,
    }
    panic::set_hook(Box::new(|panic| {
        // The place only: a message such as that of a slice out of range quotes the text, which may be an env value.
        let place = panic.location().map(tracing::field::display);
        tracing::error!(place, "panicked");
    }));
    Ok(())
}
