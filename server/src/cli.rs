//! The command line.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use streamflow_kernel::clock::{Clock as _, SystemClock};
use streamflow_migrations::System;

use crate::{audit, config::Config, databases, federation, import, keys, mirror, secrets, serve, tenant};

/// Runs the operations of service businesses: one installation, many companies, four separate portals.
#[derive(Debug, Parser)]
#[command(
    name = "streamflow",
    version,
    after_help = "Examples:\n  streamflow serve --data ./data\n  streamflow serve --postgres postgres://db.internal/streamflow --systems client,provider\n  streamflow tenant create --name 'Harrow & Pike' --owner-email grace@example.com --owner-name 'Grace Okonkwo'\n\nExit codes: 0 when all is done, 1 when it failed, with the reason on standard error, 2 when the command line is wrong."
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the data is; shared by every command that touches it.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// Configuration file (TOML). Environment and flags win over it.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder for SQLite files, keys, outbox. [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// PostgreSQL server and database instead of SQLite files.
    #[arg(long, value_name = "URL")]
    pub postgres: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the portals.
    #[command(
        after_help = "Examples:\n  streamflow serve\n  streamflow serve --port-base 8000 --systems client\n\nPorts from the base: +0 operations, +1 client, +2 provider, +3 dev, +4 accountant, +10 what systems ask of each other."
    )]
    Serve(ServeArgs),
    /// Prepares a PostgreSQL database: roles, schemas, tables, row-level security.
    #[command(
        after_help = "Example:\n  streamflow migrate --postgres postgres://postgres:secret@db.internal/streamflow\n\nThe URL is a superuser's. Login roles are created; their passwords are kept in DATA/postgres-roles.json (mode 0600)."
    )]
    Migrate(Place),
    /// Reads a password from standard input and prints its argon2id hash.
    #[command(after_help = "Example:\n  printf %s \"$PASSWORD\" | streamflow hash-password")]
    HashPassword {
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints a new TOTP secret and its otpauth address.
    #[command(after_help = "Example:\n  streamflow totp-secret --account admin@example.com")]
    TotpSecret {
        /// Account name shown by the authenticator.
        #[arg(long, default_value = "streamflow")]
        account: String,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
    /// Looks at the configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Asks a running server whether it is ready; exit code 0 when it is.
    #[command(after_help = "Examples:\n  streamflow healthcheck\n  streamflow healthcheck --port-base 7000")]
    Healthcheck {
        #[command(flatten)]
        place: Place,
        /// First of the server's ports. [default: as the configuration says]
        #[arg(long)]
        port_base: Option<u16>,
        /// Prints JSON, also when the server is not ready.
        #[arg(long)]
        json: bool,
    },
    /// Prints what a shell needs to complete these commands.
    #[command(after_help = "Example:\n  streamflow completions bash > /etc/bash_completion.d/streamflow")]
    Completions { shell: clap_complete::Shell },
    /// Companies.
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// Brings data in.
    #[command(subcommand)]
    Import(ImportCommand),
    /// What operators do for bad days.
    #[command(subcommand)]
    Ops(OpsCommand),
    /// Proves that the audit is what was written.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Keys of calls between systems.
    #[command(subcommand)]
    Federation(FederationCommand),
    /// Master keys, which wrap the keys that data is encrypted with.
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Args, Clone, Debug, Default)]
pub struct ServeArgs {
    #[command(flatten)]
    pub place: Place,
    /// First of the ports. [default: 7000]
    #[arg(long)]
    pub port_base: Option<u16>,
    /// Systems to serve, comma separated. [default: client,provider,dev,accountant]
    #[arg(long, value_delimiter = ',')]
    pub systems: Option<Vec<System>>,
    /// Folder of built web apps, one folder a portal; without it the embedded ones.
    #[arg(long, value_name = "DIR")]
    pub web_dir: Option<PathBuf>,
    /// Makes the demo companies on first start and keeps their sign-ins in DATA/demo.json.
    #[arg(long)]
    pub demo: bool,
    /// Describes the protos to callers (gRPC reflection); for development.
    #[arg(long)]
    pub reflection: bool,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Prints the effective configuration with secrets masked; an unknown key is an error, and so is a certificate that can't be used.
    #[command(
        after_help = "Examples:\n  streamflow config check\n  streamflow config check --config /etc/streamflow.toml --json"
    )]
    Check {
        #[command(flatten)]
        place: Place,
        /// Prints JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum TenantCommand {
    /// Makes a company with its first owner.
    #[command(
        after_help = "Example:\n  streamflow tenant create --name 'Harrow & Pike' --owner-email grace@example.com --owner-name 'Grace Okonkwo'\n\nPrints a link with which the owner chooses a password within seven days. To set one instead, write it to standard input:\n  printf %s \"$PASSWORD\" | streamflow tenant create …\nAn owner who has an account already keeps its password."
    )]
    Create(tenant::CreateArgs),
    /// Prints a token with which somebody registers one company from outside.
    #[command(
        after_help = "Example:\n  streamflow tenant sign-up-token --days 7\n\nIt goes into RegisterTenant, or into POST /api/tenant/register. Its first use must come in time; after that it is good for the same company only."
    )]
    SignUpToken(tenant::SignUpTokenArgs),
    /// Makes a key with which a program signs its registrations; the one before it stays good until the next time.
    #[command(
        after_help = "Example:\n  streamflow tenant registration-key --name billing\n\nThe secret goes to standard output, once. Requests to POST /api/tenant/register are signed with it as Standard Webhooks are; docs/integrate.md has an example."
    )]
    RegistrationKey(tenant::RegistrationKeyArgs),
    /// Puts a company on another plan; so does whoever buys at the end of a trial.
    #[command(
        after_help = "Example:\n  streamflow tenant plan --tenant glow-spa --plan standard\n\nA company that set itself up is on the plan trial for 14 days; after them nothing in it can be changed until it is on another one."
    )]
    Plan(tenant::PlanArgs),
}

#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// Imports customers (and their contacts) from a CSV file, as the import page does.
    #[command(
        after_help = "Example:\n  streamflow import customers --tenant harrow-pike --file customers.csv --mode upsert --key external_id"
    )]
    Customers(import::CustomersArgs),
    /// Imports leads from a CSV file, as the import page does. Rows that name nobody are given to people by the company's rules.
    #[command(
        after_help = "Examples:\n  streamflow import leads --tenant harrow-pike --file leads.csv\n  streamflow import leads --tenant harrow-pike --file leads.csv --mode upsert --key email\n  streamflow import leads --tenant harrow-pike --file exported.csv --mode update --key number\n\nStages and teams are named as the portal names them, owners and assignees by e-mail address."
    )]
    Leads(import::LeadsArgs),
}

#[derive(Debug, Subcommand)]
enum FederationCommand {
    /// Makes new keys; the ones they replace stay good until the next rotation.
    #[command(
        after_help = "Example:\n  streamflow federation rotate-keys --pair 'client>provider'\n\nRunning servers take the new keys within seconds. Give every process its keys before the next rotation."
    )]
    RotateKeys(federation::RotateArgs),
    /// Writes the keys that a process with some of the systems needs.
    #[command(after_help = "Example:\n  streamflow federation keys --systems client --out /srv/client/federation-keys.json")]
    Keys(federation::KeysArgs),
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Says what hangs on each master key, and which keys each running process has.
    #[command(after_help = "Examples:\n  streamflow keys list --data ./data\n  streamflow keys list --json")]
    List(keys::ListArgs),
    /// Makes a new master key and wraps every data key anew under it, while servers run. Run again, it ends what was broken off.
    #[command(
        after_help = "Examples:\n  streamflow keys rotate --data ./data\n  streamflow keys rotate --postgres postgres://db.internal/streamflow --wait 300\n\nThe new key goes into DATA/master.key. It wraps nothing before every running process has it: those on other machines get the file by hand.\nOld keys stay until keys retire. Keys of the configuration are changed there; the command says how. docs/keys.md has all of it."
    )]
    Rotate(keys::RotateArgs),
    /// Takes a master key out for good, when nothing hangs on it any more.
    #[command(
        after_help = "Example:\n  streamflow keys retire k1 --data ./data\n\nBackups made before the rotation can't be read without it: keep a copy as long as you keep those."
    )]
    Retire(keys::RetireArgs),
}

#[derive(Debug, Subcommand)]
enum OpsCommand {
    /// Writes the encrypted mirror of the provider's allow-list and flags, which servers read when they start.
    #[command(
        after_help = "Example:\n  streamflow ops mirror --data ./data\n\nNothing else writes the mirror: run it after each change of these settings."
    )]
    Mirror(Place),
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Computes the chains anew and compares them with the checkpoints; exit code 0 when all are intact.
    #[command(
        after_help = "Examples:\n  streamflow audit verify --data ./data\n  streamflow audit verify --postgres postgres://db.internal/streamflow --system client --json\n  streamflow audit verify --file audit.jsonl --checkpoints client.jsonl --public-key k1:…\n\nThe last one opens no database. Verify against checkpoints and a public key kept elsewhere: who can rewrite both the database and the\ncheckpoints beside it, and has the master key, can make them fit."
    )]
    Verify(audit::VerifyArgs),
    /// Writes one company's audit with its chain, a JSON object a line.
    #[command(after_help = "Example:\n  streamflow audit export --org org_… > audit.jsonl\n\nThe file holds personal data.")]
    Export(audit::ExportArgs),
    /// Prints the public keys that checkpoints are verified with.
    #[command(
        after_help = "Example:\n  streamflow audit public-key --data ./data > streamflow-audit.pub\n\nKeep it, and copies of the checkpoints, on another machine."
    )]
    PublicKey(audit::KeyArgs),
}

impl Cli {
    pub async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Serve(args) => serve::run(Config::load(&args.place, Some(&args))?, args.demo).await,
            Command::Migrate(place) => databases::prepare(&Config::load(&place, None)?).await,
            Command::HashPassword { json } => secrets::hash_password(json).await,
            Command::TotpSecret { account, json } => secrets::totp_secret(&account, json),
            Command::Config(ConfigCommand::Check { place, json }) => {
                let config = Config::load(&place, None)?;
                config.federation_tls.check_files(SystemClock.now())?;
                config.print(json)
            }
            Command::Healthcheck { place, port_base, json } => {
                let port_base = match port_base {
                    Some(port_base) => port_base,
                    None => Config::load(&place, None)?.port_base,
                };
                serve::healthcheck(port_base, json).await
            }
            Command::Completions { shell } => {
                clap_complete::generate(shell, &mut Self::command(), "streamflow", &mut std::io::stdout());
                Ok(())
            }
            Command::Tenant(TenantCommand::Create(args)) => tenant::create(args).await,
            Command::Tenant(TenantCommand::SignUpToken(args)) => tenant::sign_up_token(args).await,
            Command::Tenant(TenantCommand::RegistrationKey(args)) => tenant::registration_key(args).await,
            Command::Tenant(TenantCommand::Plan(args)) => tenant::plan(args).await,
            Command::Import(ImportCommand::Customers(args)) => import::customers(args).await,
            Command::Import(ImportCommand::Leads(args)) => import::leads(args).await,
            Command::Federation(FederationCommand::RotateKeys(args)) => federation::rotate(&args),
            Command::Federation(FederationCommand::Keys(args)) => federation::export(&args),
            Command::Keys(KeysCommand::List(args)) => keys::list(args).await,
            Command::Keys(KeysCommand::Rotate(args)) => keys::rotate(args).await,
            Command::Keys(KeysCommand::Retire(args)) => keys::retire(args).await,
            Command::Ops(OpsCommand::Mirror(place)) => mirror::write(&place).await,
            Command::Audit(AuditCommand::Verify(args)) => audit::verify(args).await,
            Command::Audit(AuditCommand::Export(args)) => audit::export(args).await,
            Command::Audit(AuditCommand::PublicKey(args)) => audit::print_public_keys(&args),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    fn without_example(command: &clap::Command, before: &str, found: &mut Vec<String>) {
        let name = format!("{before} {}", command.get_name());
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        if !command.has_subcommands() && !help.contains("  streamflow ") && !help.contains("| streamflow ") {
            found.push(name.clone());
        }
        for inner in command.get_subcommands() {
            without_example(inner, &name, found);
        }
    }

    #[test]
    fn a_shell_completes_every_command() {
        let mut script = Vec::new();
        clap_complete::generate(clap_complete::Shell::Bash, &mut Cli::command(), "streamflow", &mut script);
        let script = String::from_utf8(script).expect("a text");
        for command in Cli::command().get_subcommands() {
            assert!(script.contains(&format!("streamflow,{})", command.get_name())), "{}", command.get_name());
        }
    }

    #[test]
    fn every_command_shows_an_example() {
        let mut found = Vec::new();
        without_example(&Cli::command(), "", &mut found);
        assert!(found.is_empty(), "{found:?}");
        Cli::command().debug_assert();
    }
}
