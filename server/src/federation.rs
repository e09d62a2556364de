//! Keys of the federation: their file, its changes and those of certificates while the server runs, and the commands that change it.

use std::{
    io::{Read as _, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use axum::Router;
use clap::Args;
use parking_lot::Mutex;
use streamflow_kernel::{
    clock::{Clock as _, SystemClock},
    db::files::private_folder,
    federation::{self, Keys, Route, Switch},
    ids::{Ids as _, SystemIds},
    kernel::Kernel,
    tls::{reminder::Reminder, shown::Shown},
};
use streamflow_migrations::System;
use tokio::task::AbortHandle;

use crate::{cli::Place, config::Config, tls::Certificates};

/// How soon a changed file is noticed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[derive(Args, Debug)]
pub struct RotateArgs {
    #[command(flatten)]
    place: Place,
    /// One pair only, e.g. client>provider. [default: all]
    #[arg(long)]
    pair: Option<String>,
}

#[derive(Args, Debug)]
pub struct KeysArgs {
    #[command(flatten)]
    place: Place,
    /// Systems of the other process, comma separated.
    #[arg(long, value_delimiter = ',', required = true)]
    systems: Vec<System>,
    /// File to write, readable by its owner only: `federation-keys.json` in the other process' data folder.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `streamflow federation rotate-keys`.
pub fn rotate(args: &RotateArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place, None)?;
    let file = changeable_file(&config)?;
    let mut keys = load_or_create(&config, &file)?;
    let rotated = keys.rotate(args.pair.as_deref(), SystemClock.now());
    anyhow::ensure!(!rotated.is_empty(), "there is no pair `{}`", args.pair.as_deref().unwrap_or_default());
    replace(&file, &keys)?;
    for pair in rotated {
        println!("{pair} has a new key; the one before it stays good until the next rotation.");
    }
    println!(
        "Running servers on this folder take the keys within seconds. Other processes need them too: streamflow federation keys."
    );
    Ok(())
}

/// `streamflow federation keys`: what another process needs of them.
pub fn export(args: &KeysArgs) -> anyhow::Result<()> {
    let config = Config::load(&args.place, None)?;
    let keys = match &config.federation_keys {
        Some(text) => Keys::parse(text).context("federation_keys")?,
        None => load_or_create(&config, &config.federation_key_file())?,
    };
    let names: Vec<&str> = args.systems.iter().map(|system| system.name()).collect();
    // One that exists may be anybody's, and keeps its rights.
    if let Some(folder) = args.out.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        private_folder(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    }
    replace(&args.out, &keys.of_systems(&names))?;
    println!("The keys of {} are in {}.", names.join(", "), args.out.display());
    Ok(())
}

fn changeable_file(config: &Config) -> anyhow::Result<PathBuf> {
    anyhow::ensure!(
        config.federation_keys.is_none(),
        "the keys come from STREAMFLOW_FEDERATION_KEYS (or `federation_keys`), not from a file: change them there"
    );
    Ok(config.federation_key_file())
}

/// The keys this process works with.
fn load(config: &Config) -> anyhow::Result<Keys> {
    match &config.federation_keys {
        Some(text) => Keys::parse(text).context("federation_keys"),
        None if config.federation_urls.is_empty() => load_or_create(config, &config.federation_key_file()),
        None => read(&config.federation_key_file()).with_context(|| {
            "federation_urls names systems in other processes, which must have the same keys: make this file with `streamflow \
             federation keys` where the others' keys are"
        }),
    }
}

fn load_or_create(config: &Config, file: &Path) -> anyhow::Result<Keys> {
    if !file.exists() {
        private_folder(&config.data).with_context(|| format!("{} can't be made", config.data.display()))?;
        let draft = draft(file, &Keys::generate(SystemClock.now()))?;
        // Of two that start at once, one's keys stay.
        let linked = std::fs::hard_link(&draft, file);
        std::fs::remove_file(&draft)?;
        if let Err(error) = linked
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(error).with_context(|| format!("{} can't be made", file.display()));
        }
    }
    read(file)
}

fn read(file: &Path) -> anyhow::Result<Keys> {
    let named = || format!("{} can't be read", file.display());
    let mut open = std::fs::File::open(file).with_context(named)?;
    let mode = open.metadata().with_context(named)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        anyhow::bail!("{} can be read by others (mode {mode:o}); run chmod 600 on it", file.display());
    }
    let mut text = String::new();
    open.read_to_string(&mut text).with_context(named)?;
    Keys::parse(&text).with_context(|| file.display().to_string())
}

/// A reader sees the old file or the new one, never a part.
fn replace(file: &Path, keys: &Keys) -> anyhow::Result<()> {
    let draft = draft(file, keys)?;
    std::fs::rename(&draft, file).with_context(|| format!("{} can't be written", file.display()))
}

fn draft(file: &Path, keys: &Keys) -> anyhow::Result<PathBuf> {
    let suffix = SystemIds::new(Arc::new(SystemClock)).uuid().simple();
    let draft = file.with_extension(format!("{suffix}.new"));
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    out.write_all(keys.to_text().as_bytes())?;
    out.sync_all()?;
    Ok(draft)
}

/// The federation of this process, which its systems join as they come up.
pub struct Wires {
    elsewhere: Vec<(&'static str, Route)>,
    certificates: Certificates,
    switch: Switch,
    joined: Mutex<Joined>,
}

struct Joined {
    keys: Keys,
    systems: Vec<(Arc<Kernel>, Router)>,
}

impl Wires {
    pub fn new(config: &Config) -> anyhow::Result<Arc<Self>> {
        let certificates = Certificates::open(&config.federation_tls)?;
        let mut elsewhere = Vec::new();
        for (system, url) in &config.federation_urls {
            let route = if url.starts_with("https:") { Route::tls(url, &certificates.trust) } else { Route::tcp(url) };
            elsewhere.push((system.name(), route.with_context(|| format!("federation_urls.{}", system.name()))?));
        }
        let joined = Joined { keys: load(config)?, systems: Vec::new() };
        Ok(Arc::new(Self { elsewhere, certificates, switch: Switch::default(), joined: Mutex::new(joined) }))
    }

    /// Connects one more system with those of this process and with those elsewhere.
    pub fn join(&self, kernel: &Arc<Kernel>) -> anyhow::Result<()> {
        let name = kernel.portal.space;
        let router = federation::router(kernel, services(name)).map_err(|error| anyhow::anyhow!("{error:?}"))?;
        let mut joined = self.joined.lock();
        kernel.federation.use_keys(&joined.keys);
        if let Some(shown) = self.shown() {
            kernel.federation.show(shown);
        }
        for (other, route) in &self.elsewhere {
            kernel.federation.connect(other, route.clone());
        }
        // What lives here is reached here.
        for (other, its_router) in &joined.systems {
            kernel.federation.connect(other.portal.space, Route::Memory(its_router.clone()));
            other.federation.connect(name, Route::Memory(router.clone()));
        }
        self.switch.add(name, router.clone());
        joined.systems.push((Arc::clone(kernel), router));
        Ok(())
    }

    /// What the federation's listener serves.
    pub fn router(&self) -> Router {
        self.switch.clone().into_router()
    }

    /// What the federation's listener shows, where it speaks TLS.
    pub fn shown(&self) -> Option<Arc<Shown>> {
        self.certificates.shown.clone()
    }

    /// Takes certificates that were renewed, and tells of those that should be.
    fn look_at_certificates(&self, reminder: &mut Reminder) {
        self.certificates.look();
        let in_use: Vec<_> = self.joined.lock().systems.iter().flat_map(|(kernel, _)| kernel.federation.certificates()).collect();
        reminder.look(&in_use, SystemClock.now());
    }

    fn use_keys(&self, keys: Keys) {
        let mut joined = self.joined.lock();
        joined.systems.iter().for_each(|(kernel, _)| kernel.federation.use_keys(&keys));
        joined.keys = keys;
    }
}

fn services(space: &str) -> tonic::service::Routes {
    match space {
        "client" => streamflow_client::system::federated(),
        "provider" => streamflow_provider::system::federated(),
        // Nobody asks the others more than what all have.
        _ => tonic::service::Routes::default(),
    }
}

/// Takes new keys and certificates from their files while the server runs; ends when dropped.
pub struct Following(AbortHandle);

impl Following {
    pub fn start(config: &Config, wires: &Arc<Wires>) -> Self {
        let file = config.federation_keys.is_none().then(|| config.federation_key_file());
        let wires = Arc::clone(wires);
        let task = tokio::spawn(async move {
            let modified = |file: &Path| std::fs::metadata(file).and_then(|found| found.modified()).ok();
            let (mut before, mut reminder) = (None, Reminder::default());
            loop {
                let now = file.as_deref().and_then(modified);
                if let Some(file) = file.as_deref().filter(|_| now != before) {
                    match read(file) {
                        Ok(keys) => wires.use_keys(keys),
                        Err(error) => tracing::warn!(target: "streamflow", "the federation keys stay as they were: {error:#}"),
                    }
                    before = now;
                }
                wires.look_at_certificates(&mut reminder);
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        Self(task.abort_handle())
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.0.abort();
    }
}
