//! Running other programs: one line says what starts, and a failure names the command that failed.

use std::{
    env,
    fmt::{self, Display},
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Instant,
};

use anyhow::{Context as _, Result, anyhow, bail};

/// All paths in this tool are relative to the repository's root.
pub fn enter_root() -> Result<()> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = manifest.parent().context("xtask has no parent directory")?;
    env::set_current_dir(root).with_context(|| format!("can't enter {}", root.display()))
}

/// Absolute path of the repository, for programs that need one.
pub fn root() -> Result<PathBuf> {
    Ok(env::current_dir()?)
}

/// One line of progress.
pub fn say(line: &str) {
    eprintln!("· {line}");
}

/// One part of a command, and a line about the time it took.
pub fn timed<T>(what: &str, part: impl FnOnce() -> Result<T>) -> Result<T> {
    say(what);
    let (result, spent) = measured(what, part);
    say(&format!("{what}: {spent}"));
    result
}

/// Names a file that gets a line about each part, for one table of several commands.
const TIMES: &str = "XTASK_TIMES";

/// What a part took; the idle share is the whole machine's, whatever else ran.
pub struct Spent {
    seconds: f32,
    /// In percent, where the system tells.
    idle: Option<u64>,
}

pub fn measured<T>(what: &str, part: impl FnOnce() -> T) -> (T, Spent) {
    let (started, before) = (Instant::now(), Processors::read());
    let result = part();
    let idle = before.zip(Processors::read()).and_then(|(before, after)| before.idle_until(&after));
    let spent = Spent { seconds: started.elapsed().as_secs_f32(), idle };
    if let Some(file) = env::var_os(TIMES).map(PathBuf::from) {
        let idle = spent.idle.map_or_else(String::new, |share| format!("{share} %"));
        let line = format!("{what:<60} {:>6.0} s {idle:>6}\n", spent.seconds);
        // A table that can't be written is no reason to stop.
        let _ = fs::OpenOptions::new().create(true).append(true).open(file).and_then(|mut file| file.write_all(line.as_bytes()));
    }
    (result, spent)
}

impl Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} s", self.seconds)?;
        self.idle.map_or(Ok(()), |share| write!(f, ", the processors idle for {share} %"))
    }
}

/// A part with its name, for [`at_once`].
pub type Part<'a> = (&'static str, Box<dyn FnOnce() -> Result<()> + Send + 'a>);

/// Parts beside each other, each to its end; all that failed is told.
pub fn at_once(parts: Vec<Part<'_>>) -> Result<()> {
    let failed: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = parts.into_iter().map(|(name, part)| (name, scope.spawn(part))).collect();
        let ended = running.into_iter().map(|(name, part)| (name, part.join().unwrap_or_else(|_| Err(anyhow!("broke off")))));
        ended.filter_map(|(name, result)| Some(format!("{name}: {:#}", result.err()?))).collect()
    });
    if failed.is_empty() { Ok(()) } else { bail!("{}", failed.join("\n")) }
}

/// What the processors of a Linux machine have done so far, in hundredths of a second.
struct Processors {
    idle: u64,
    all: u64,
}

impl Processors {
    fn read() -> Option<Self> {
        let text = fs::read_to_string("/proc/stat").ok()?;
        let times: Vec<u64> = text.lines().next()?.split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
        // user, nice, system, idle, waiting for a disk, …
        Some(Self { idle: times.get(3)? + times.get(4)?, all: times.iter().take(8).sum() })
    }

    fn idle_until(&self, later: &Self) -> Option<u64> {
        let (idle, all) = (later.idle.saturating_sub(self.idle), later.all.saturating_sub(self.all));
        (100 * idle).checked_div(all)
    }
}

/// Cargo, as if started by hand: what the outer `cargo run` tells this tool about its own crate would make some
/// build scripts think that their surroundings changed, and half the tree would compile anew each time.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs with the terminal's own output; an exit code other than 0 is an error.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("can't start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs quietly; on failure everything the program wrote is in the error.
pub fn quiet(command: &mut Command) -> Result<String> {
    capture(command).map(|(stdout, _)| stdout)
}

/// As `quiet`, with what the program said on its way.
pub fn capture(command: &mut Command) -> Result<(String, String)> {
    command.stdin(Stdio::null());
    let output = command.output().with_context(|| format!("can't start `{}`", line(command)))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    if !output.status.success() {
        bail!("`{}` failed ({})\n{stdout}\n{stderr}", line(command), output.status);
    }
    Ok((stdout, stderr))
}

/// Whether a program of this name is on the path.
pub fn find(program: &str) -> Option<PathBuf> {
    let paths = env::var_os("PATH")?;
    env::split_paths(&paths).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// All files below a folder, sorted; a missing folder has none. What tools put among the sources is left out.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    const SKIPPED: [&str; 3] = ["target", "node_modules", ".git"];
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(found);
    };
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if !entry.file_type()?.is_dir() {
            found.push(path);
        } else if !SKIPPED.iter().any(|name| entry.file_name() == *name) {
            found.extend(files(&path)?);
        }
    }
    found.sort();
    Ok(found)
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}
