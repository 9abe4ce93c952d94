//! The command line: words in, a library call, text out. The only room that knows the clock, the environment and
//! randomness.

mod branches;
mod bundle;
mod check;
mod completions;
mod config;
mod context;
mod current;
mod describe;
mod disk;
mod downgrade;
mod edit;
mod explain;
mod git;
mod heads;
mod history;
mod import;
mod init;
mod merge;
mod output;
mod rebase;
mod revision;
mod seal;
mod shape;
mod show;
mod since;
mod site;
mod squash;
mod stamp;
mod start;
mod upgrade;
mod usage;
pub mod world;

use camino::Utf8PathBuf;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand, ValueEnum};

use context::Context;
use output::Output;
use world::World;

/// Nothing to mend, or warnings only.
const CLEAN: u8 = 0;
/// Something at error level was found.
const FINDINGS: u8 = 1;
/// The command could not run.
const FAILED: u8 = 2;

/// Compiles a tree of database migrations into SQL scripts that a DBA runs with psql. Needs no database.
#[derive(Debug, Parser)]
#[command(name = "signoff", version, styles = STYLES, max_term_width = 100, after_help = EXAMPLES, subcommand_required = false)]
struct Arguments {
    /// Config file [default: signoff.toml here or in a folder above]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    config: Option<Utf8PathBuf>,
    /// Read this tree and no config file
    #[arg(long, global = true, value_name = "DIR", help_heading = "Everywhere")]
    path: Option<Utf8PathBuf>,
    /// Layout of the tree: auto, native, golang-migrate, diesel, sqlx, goose, dbmate, sql-migrate, node-pg-migrate, tern, graphile-migrate, refinery, prisma, supabase, drizzle, flyway, liquibase, sqitch
    #[arg(long, global = true, value_name = "NAME", help_heading = "Everywhere")]
    layout: Option<String>,
    /// The project's name, in releases and in the version table
    #[arg(long, global = true, value_name = "NAME", help_heading = "Everywhere")]
    project: Option<String>,
    /// What an environment has: the receipt that its last run printed. Revisions may then say `current`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Everywhere")]
    receipt: Option<Utf8PathBuf>,
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = false,
        help_heading = "Everywhere"
    )]
    color: ColorChoice,
    /// Say less: no warnings, no notes, no summary
    #[arg(short, long, global = true, help_heading = "Everywhere")]
    quiet: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Import(import::Arguments),
    Revision(revision::Arguments),
    Merge(merge::Arguments),
    Squash(squash::Arguments),
    Rebase(rebase::Arguments),
    Edit(edit::Arguments),
    Seal(seal::Arguments),
    Check(check::Arguments),
    History(history::Arguments),
    Heads(heads::Arguments),
    Branches(branches::Arguments),
    Current(current::Arguments),
    Show(show::Arguments),
    Upgrade(upgrade::Arguments),
    Downgrade(downgrade::Arguments),
    Stamp(stamp::Arguments),
    Bundle(bundle::Arguments),
    Explain(explain::Arguments),
    Config(config::Arguments),
    Completions(completions::Arguments),
}

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  signoff init                              begin here: signoff.toml and migrations/
  signoff revision -m \"add users\"           a new migration on the head
  signoff check                             is the tree sound, and unchanged where it is published?
  signoff bundle                            the release folder for everything, below out/
  signoff bundle 27da:head                  from one revision to the head
  signoff upgrade --path db/migrations      the script alone, without any config

Exit codes: 0 clean or warnings only, 1 errors found, 2 could not run.";

/// Runs a command line and gives back its exit code.
pub fn run(world: World<'_>) -> u8 {
    let World {
        arguments,
        environment,
        cwd,
        input,
        out,
        err,
        out_terminal,
        err_terminal,
    } = world;
    let parsed = match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            return usage::tell(error, &environment, out, err, out_terminal, err_terminal);
        }
    };
    let color = |terminal: bool| match parsed.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && environment.get("NO_COLOR").is_none_or(String::is_empty),
    };
    let mut output = Output::new(
        out,
        err,
        color(out_terminal),
        color(err_terminal),
        parsed.quiet,
    );
    let context = Context {
        cwd,
        environment,
        config_file: parsed.config,
        path: parsed.path,
        layout: parsed.layout,
        project: parsed.project,
        receipt: parsed.receipt,
    };
    let result = match parsed.command {
        None => start::run(&context, &mut output),
        Some(Command::Init(arguments)) => init::run(&context, &arguments, &mut output),
        Some(Command::Import(arguments)) => import::run(&context, &arguments, &mut output),
        Some(Command::Revision(arguments)) => {
            revision::run(&context, &arguments, input, &mut output)
        }
        Some(Command::Merge(arguments)) => merge::run(&context, &arguments, &mut output),
        Some(Command::Rebase(arguments)) => rebase::run(&context, &arguments, &mut output),
        Some(Command::Squash(arguments)) => squash::run(&context, &arguments, &mut output),
        Some(Command::Edit(arguments)) => edit::run(&context, &arguments, &mut output),
        Some(Command::Seal(arguments)) => seal::run(&context, &arguments, &mut output),
        Some(Command::Check(arguments)) => check::run(&context, &arguments, &mut output),
        Some(Command::History(arguments)) => history::run(&context, &arguments, &mut output),
        Some(Command::Heads(arguments)) => heads::run(&context, &arguments, &mut output),
        Some(Command::Branches(arguments)) => branches::run(&context, &arguments, &mut output),
        Some(Command::Current(arguments)) => current::run(&context, &arguments, &mut output),
        Some(Command::Show(arguments)) => show::run(&context, &arguments, &mut output),
        Some(Command::Upgrade(arguments)) => upgrade::run(&context, &arguments, &mut output),
        Some(Command::Downgrade(arguments)) => downgrade::run(&context, &arguments, &mut output),
        Some(Command::Stamp(arguments)) => stamp::run(&context, &arguments, &mut output),
        Some(Command::Bundle(arguments)) => bundle::run(&context, &arguments, &mut output),
        Some(Command::Explain(arguments)) => explain::run(&arguments, &mut output),
        Some(Command::Config(arguments)) => config::run(&context, &arguments, &mut output),
        Some(Command::Completions(arguments)) => completions::run(&arguments, &mut output),
    };
    output.finish(result)
}
