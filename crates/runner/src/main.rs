//! The `vds` command.

fn main() {}
