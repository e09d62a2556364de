//! The proto files by buf's standard rules (`proto/buf.yaml`).

use std::process::Command;

use anyhow::Result;

use crate::{install, shell};

pub fn check() -> Result<()> {
    let buf = install::buf()?;
    shell::quiet(Command::new(buf).args(["lint", "proto"])).map(drop)
}
