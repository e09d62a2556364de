//! `cargo xtask run`: from a fresh clone to four portals with four demo companies, in one command.

use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::{CommandExt as _, ExitStatusExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use clap::Args;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use crate::{
    build,
    demo::{self, Account, DATA},
    install,
    operators::{self, Operators},
    portals::PORTALS,
    shell, table,
};

#[derive(Args)]
pub struct Options {
    /// Forget everything in the data folder first.
    #[arg(long, conflicts_with = "postgres")]
    fresh: bool,
    /// Serve what was built last instead of building.
    #[arg(long)]
    built: bool,
    /// Where the state is kept.
    #[arg(long, value_name = "FOLDER", default_value = DATA)]
    data: PathBuf,
    /// Optimised build with the web apps embedded.
    #[arg(long)]
    release: bool,
    /// Use this PostgreSQL server instead of SQLite files.
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Operations port; the portals follow at +1 to +4.
    #[arg(long, value_name = "N", default_value_t = 7000)]
    port_base: u16,
    /// Start empty: no demo companies, no made-up sign-ins.
    #[arg(long)]
    no_demo: bool,
    /// Only these systems, e.g. `client,provider`.
    #[arg(long, value_delimiter = ',')]
    systems: Vec<String>,
}

pub fn run(options: &Options) -> Result<ExitCode> {
    let server = build_all(options)?;
    let data = &options.data;
    if options.fresh && data.exists() {
        shell::say(&format!("removing {}", data.display()));
        fs::remove_dir_all(data)?;
    }
    let operators = if options.no_demo { Operators::default() } else { operators::load_or_create(data, &server)? };
    // Otherwise another server's readiness would be taken for ours.
    TcpListener::bind((Ipv4Addr::LOCALHOST, options.port_base))
        .with_context(|| format!("port {} is taken (choose another with --port-base)", options.port_base))?;
    if let Some(url) = &options.postgres {
        shell::say("preparing the database");
        shell::run(Command::new(&server).args(["migrate", "--postgres", url, "--data"]).arg(data))?;
    }
    let mut child = start(options, &server, &operators)?;
    pass_signals(&child)?;

    let started = Instant::now();
    let mut reported = Instant::now();
    let mut announced = false;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(exit_code(status));
        }
        if !announced && is_up(options)? {
            announce(options, &operators)?;
            announced = true;
        }
        if !announced && reported.elapsed() > Duration::from_secs(5) {
            shell::say(&format!("starting and seeding ({} s)", started.elapsed().as_secs()));
            reported = Instant::now();
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn build_all(options: &Options) -> Result<PathBuf> {
    if options.built {
        return Ok(PathBuf::from(if options.release { build::RELEASED } else { build::BUILT }));
    }
    install::wasm_target()?;
    if options.release { build::release(&options.systems) } else { build::dev(&options.systems) }
}

fn start(options: &Options, server: &Path, operators: &Operators) -> Result<Child> {
    let mut command = Command::new(server);
    command.args(words(options)).arg("--data").arg(&options.data);
    if env::var_os("STREAMFLOW_LOG").is_none() {
        // One line a request would scroll the sign-ins away.
        command.env("STREAMFLOW_LOG", "warn,streamflow=info,streamflow_kernel=warn");
    }
    command.envs(operators.environment()).stdin(Stdio::null());
    // A group of its own: Ctrl-C reaches the server once, from us, and not a second time from the terminal.
    command.process_group(0);
    shell::say(&format!("starting the server on ports {}…", options.port_base));
    command.spawn().with_context(|| format!("can't start {}", server.display()))
}

/// How the server is told to serve.
fn words(options: &Options) -> Vec<String> {
    let mut words = ["serve", "--port-base"].map(str::to_owned).to_vec();
    words.push(options.port_base.to_string());
    if !options.release {
        // While developing, tools may ask a portal what it offers.
        words.extend(["--web-dir", build::DEV_OUT, "--reflection"].map(str::to_owned));
    }
    if seeds(options) {
        words.push("--demo".to_owned());
    }
    if let Some(url) = &options.postgres {
        words.extend(["--postgres".to_owned(), url.clone()]);
    }
    if !options.systems.is_empty() {
        words.extend(["--systems".to_owned(), options.systems.join(",")]);
    }
    words
}

/// Signals that end this process are the server's to act on: it drains, and its exit code becomes ours.
fn pass_signals(child: &Child) -> Result<()> {
    let pid = Pid::from_child(child);
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        for signal in &mut signals {
            let signal = if signal == SIGINT { Signal::INT } else { Signal::TERM };
            // The server may be gone already; then the main loop is about to notice.
            let _ = kill_process(pid, signal);
        }
    });
    Ok(())
}

fn is_up(options: &Options) -> Result<bool> {
    Ok(ready(options.port_base) && (!seeds(options) || demo::load(&options.data)?.seeded))
}

/// The demo companies live in the client system; without it there is nothing to seed or wait for.
fn seeds(options: &Options) -> bool {
    let mut served = PORTALS.iter().filter(|portal| portal.is_among(&options.systems));
    !options.no_demo && served.any(|portal| portal.name == "client")
}

fn ready(port: u16) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET /readyz HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn announce(options: &Options, operators: &Operators) -> Result<()> {
    println!();
    if env::var_os("STREAMFLOW_SMTP_URL").is_none() {
        println!("Mails, such as invitations, become files in {}/outbox.\n", options.data.display());
    }
    let portals = PORTALS.iter().filter(|portal| portal.is_among(&options.systems));
    if options.no_demo {
        for portal in portals {
            println!("  {:<11} {}", portal.name, portal.address(options.port_base));
        }
        println!("\nCtrl-C stops the server.");
        return Ok(());
    }
    let mut accounts = demo::load(&options.data)?.accounts;
    accounts.extend(operators.accounts());
    let mut rows = vec![["PORTAL", "ADDRESS", "E-MAIL", "PASSWORD", "CODE", "WHO"].map(str::to_owned).to_vec()];
    for portal in portals {
        for account in accounts.iter().filter(|account| account.portal == portal.name) {
            rows.push(row(account, portal.address(options.port_base))?);
        }
    }
    println!("{}", table::render(&rows));
    println!("Codes change every 30 s (these are good for {} s more).", demo::seconds_left()?);
    let elsewhere = if options.data == Path::new(DATA) { String::new() } else { format!(" --data {}", options.data.display()) };
    println!("`cargo xtask otp <e-mail>{elsewhere}` prints the current one. Ctrl-C stops the server.");
    Ok(())
}

fn row(account: &Account, address: String) -> Result<Vec<String>> {
    let code = account.code()?.unwrap_or_else(|| "–".to_owned());
    let who = [&account.name, &account.role, &account.company].map(String::as_str);
    let who = who.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    Ok(vec![account.portal.clone(), address, account.email.clone(), account.password.clone(), code, who])
}

/// As a shell would report it: 128 + the signal that ended the server.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    fn told(line: &[&str]) -> Vec<String> {
        words(&Line::parse_from([&["run"], line].concat()).options)
    }

    #[test]
    fn a_server_for_development_describes_itself_and_a_release_does_not() {
        let has = |words: &[String], word: &str| words.iter().any(|found| found == word);
        let development = told(&["--port-base", "8000"]);
        assert!(has(&development, "--reflection") && has(&development, "--demo") && has(&development, "8000"));
        let release = told(&["--release", "--no-demo", "--systems", "client,dev"]);
        assert!(!has(&release, "--reflection") && !has(&release, "--demo") && has(&release, "client,dev"));
    }
}
