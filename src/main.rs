//! The `sparkgate` command.

fn main() {}
