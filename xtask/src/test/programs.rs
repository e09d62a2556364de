//! The tests in Rust: cargo builds the programs, and this runs them, those that wait beside those that work. What one of them says is
//! kept in a file, and told when it fails.

use std::{
    env,
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Context as _, Result, bail, ensure};
use cargo_metadata::Message;

use super::Scratch;
use crate::shell;

/// What the tests' own harness reads.
const THREADS: &str = "RUST_TEST_THREADS";

/// Starts, stops and kills servers, and waits for them most of the time; some of it must happen within seconds.
const WAITING: &str = "faults";

/// What the programs say.
const LOGS: &str = "target/tests";

/// One program of tests.
pub struct Program {
    /// As cargo calls it: `api`, `streamflow_client`.
    name: String,
    path: PathBuf,
    /// Of its package, where it looks for its files.
    folder: PathBuf,
}

/// Builds what is chosen, and finds the tests in it.
pub fn build(choice: &[&str]) -> Result<Vec<Program>> {
    let mut command = shell::cargo(&["build", "--message-format=json-render-diagnostics"]);
    let mut cargo = command.args(choice).stdout(Stdio::piped()).spawn().context("can't start cargo")?;
    let messages = BufReader::new(cargo.stdout.take().context("cargo has no output")?);
    let mut programs = Vec::new();
    for message in Message::parse_stream(messages) {
        let Message::CompilerArtifact(artifact) = message? else { continue };
        let Some(path) = artifact.executable.filter(|_| artifact.profile.test) else { continue };
        let folder = artifact.manifest_path.parent().context("a manifest lies in a folder")?.as_std_path().to_owned();
        programs.push(Program { name: artifact.target.name, path: path.into(), folder });
    }
    ensure!(cargo.wait()?.success(), "`cargo build {}` failed", choice.join(" "));
    Ok(programs)
}

/// The programs that wait, and the others.
pub fn split(programs: &[Program]) -> (Vec<&Program>, Vec<&Program>) {
    programs.iter().partition(|program| program.name == WAITING)
}

/// Runs one after the other, each to its end.
pub fn run(programs: &[&Program], scratch: &Scratch) -> Result<()> {
    let failed: Vec<&str> =
        programs.iter().filter(|program| program.run(scratch).is_err()).map(|program| program.name.as_str()).collect();
    ensure!(failed.is_empty(), "tests failed: {}", failed.join(", "));
    Ok(())
}

impl Program {
    fn run(&self, scratch: &Scratch) -> Result<()> {
        fs::create_dir_all(LOGS)?;
        let log = Path::new(LOGS).join(format!("{}.log", self.name));
        // A file and no pipe: what the tests leave running would keep a pipe open.
        let out = File::create(&log)?;
        let mut command = if self.name == WAITING {
            Command::new(&self.path)
        } else {
            // Whoever works lets those through who must be in time.
            let mut command = Command::new("nice");
            command.args(["-n", "5"]).arg(&self.path);
            command
        };
        command.current_dir(&self.folder).stdin(Stdio::null()).stderr(out.try_clone()?).stdout(out);
        scratch.give(&mut command);
        // Most of them wait most of the time: for a database, a job, a second to pass.
        if env::var_os(THREADS).is_none() {
            command.env(THREADS, (2 * cores()).to_string());
        }
        let (status, spent) = shell::measured(&format!("tests: {}", self.name), || command.status());
        let status = status.with_context(|| format!("can't start {}", self.path.display()))?;
        let said = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        if status.success() {
            let result = said.lines().rfind(|line| line.starts_with("test result:")).unwrap_or("no result");
            shell::say(&format!("{}: {result} ({spent})", self.name));
            return Ok(());
        }
        shell::say(&format!("{} FAILED ({status}, {spent}):\n{said}", self.name));
        bail!("{}", self.name)
    }
}

pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
