//! The `sparkgate` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    sparkgate::cli::run()
}
