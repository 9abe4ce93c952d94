//! The street, prefix by prefix: the only place that knows the order of the stages.
//!
//! Each function goes one stage further than the one before it, and a command calls the shortest that answers it.

use camino::{Utf8Path, Utf8PathBuf};

use crate::bundle::{self, Release};
use crate::config::Config;
use crate::diagnostic::Sink;
use crate::graph::{self, Graph, Range};
use crate::lint;
use crate::plan::{self, Flavour, Plan};
use crate::render::Renderer;
use crate::seal::{self, Digests, Seals};
use crate::since::{self, Since};
use crate::tree::{self, Direction, Tree};
use crate::version_table::VersionTable;

/// What a script is asked to be, beside its range.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request {
    /// What shares a transaction.
    pub transactions: plan::Transactions,
    /// Which clients can run it.
    pub flavour: Flavour,
}

/// A tree whose revisions are in order.
#[derive(Debug)]
pub struct Ordered {
    /// The tree.
    pub tree: Tree,
    /// Its graph; `None` where an error was reported.
    pub graph: Option<Graph>,
}

/// A tree with its digests, compared with what is published.
#[derive(Debug)]
pub struct Sealed {
    /// The tree.
    pub tree: Tree,
    /// Its graph.
    pub graph: Graph,
    /// The digests of its migrations, by index.
    pub digests: Vec<Digests>,
    /// What is published.
    pub seals: Seals,
}

/// Disk to tree.
pub fn tree(cwd: &Utf8Path, config: &Config, sink: &mut Sink) -> Result<Tree, tree::Error> {
    tree::read(&request(cwd, config), sink)
}

fn request(cwd: &Utf8Path, config: &Config) -> tree::Request {
    tree::Request {
        cwd: cwd.to_owned(),
        root: config.migrations.path.value.clone(),
        layout: config.migrations.layout.value.clone(),
        variables: config.variable_values(),
        tool_path: config.migrations.tool_path.value.clone(),
    }
}

/// Disk to graph: `history`, `heads`, `revision`.
pub fn ordered(cwd: &Utf8Path, config: &Config, sink: &mut Sink) -> Result<Ordered, tree::Error> {
    let tree = tree(cwd, config, sink)?;
    let graph = graph::build(&tree, sink);
    Ok(Ordered { tree, graph })
}

/// Files that are not on disk to graph: what a tree would be. Paths begin at the tree's folder.
pub fn ordered_given(
    config: &Config,
    layout: &str,
    files: Vec<(Utf8PathBuf, Vec<u8>)>,
    sink: &mut Sink,
) -> Result<Ordered, tree::Error> {
    let request = tree::Request {
        // An empty or a foreign folder speaks for no layout.
        layout: layout.to_owned(),
        ..request(Utf8Path::new(""), config)
    };
    let tree = tree::read_given(&request, files, sink)?;
    let graph = graph::build(&tree, sink);
    Ok(Ordered { tree, graph })
}

/// Tree to seal. `Err` gives the tree back where an error was reported, for its sources.
pub fn sealed(ordered: Ordered, sink: &mut Sink) -> Result<Sealed, Box<Tree>> {
    let Ordered { tree, graph } = ordered;
    let Some(graph) = graph else {
        return Err(Box::new(tree));
    };
    let Some(seals) = seal::read(&tree, sink) else {
        return Err(Box::new(tree));
    };
    let digests = seal::digests(&tree);
    seal::verify(&tree, &graph, &digests, &seals, sink);
    Ok(Sealed {
        tree,
        graph,
        digests,
        seals,
    })
}

/// The files of an earlier state to what can be compared with a tree of today. Its own errors are nobody's to mend, so
/// they are not reported; what can't be told because of them is `None`.
pub fn earlier(
    sealed: &Sealed,
    config: &Config,
    files: Vec<(Utf8PathBuf, Vec<u8>)>,
) -> Result<since::State, tree::Error> {
    let mut sink = Sink::default();
    let Ordered { tree, graph } = ordered_given(config, sealed.tree.layout, files, &mut sink)?;
    let graph = graph.filter(|_| !sink.has_errors());
    let seals = seal::read(&tree, &mut sink);
    let digests = seal::digests(&tree);
    Ok(since::State {
        tree,
        graph,
        digests,
        seals,
    })
}

/// What changed since earlier states.
pub fn since(sealed: &Sealed, past: &since::Past<'_>, sink: &mut Sink) -> Since {
    let here = since::Here {
        tree: &sealed.tree,
        graph: &sealed.graph,
        digests: &sealed.digests,
        seals: &sealed.seals,
    };
    since::compare(here, past, sink)
}

/// Seal to plan, one way. `None` where an error was reported.
pub fn plan(
    sealed: &Sealed,
    config: &Config,
    range: &Range,
    direction: Direction,
    request: Request,
    sink: &mut Sink,
) -> Option<Plan> {
    let table = plan::table(config, &sealed.tree, sink)?;
    let input = input(sealed, config, &table, request);
    let plan = match direction {
        Direction::Up => plan::upgrade(input, range, sink),
        Direction::Down => plan::downgrade(input, range, sink),
    };
    flavoured(plan?, request.flavour, sink)
}

/// Seal to the plan of a stamp: what is recorded changes, and nothing runs. `None` where an error was reported.
pub fn stamp(
    sealed: &Sealed,
    config: &Config,
    range: &Range,
    start: plan::Start,
    flavour: Flavour,
    sink: &mut Sink,
) -> Option<Plan> {
    let table = plan::table(config, &sealed.tree, sink)?;
    let request = Request {
        flavour,
        ..Request::default()
    };
    Some(Plan {
        flavour,
        ..plan::stamp(input(sealed, config, &table, request), range, start)
    })
}

/// Seal to plan, there and back. `None` where an error was reported.
pub fn plans(
    sealed: &Sealed,
    config: &Config,
    range: &Range,
    request: Request,
    sink: &mut Sink,
) -> Option<(Plan, Plan)> {
    let table = plan::table(config, &sealed.tree, sink)?;
    let input = input(sealed, config, &table, request);
    lint::warn(&sealed.tree, config, &range.revisions, sink);
    seal::unpublished(&sealed.tree, &sealed.seals, &range.revisions, sink);
    let upgrade = plan::upgrade(input, range, sink);
    let downgrade = plan::way_back(input, range, sink);
    let upgrade = flavoured(upgrade?, request.flavour, sink);
    let downgrade = flavoured(downgrade?, request.flavour, sink);
    Some((upgrade?, downgrade?))
}

fn flavoured(plan: Plan, flavour: Flavour, sink: &mut Sink) -> Option<Plan> {
    match flavour {
        Flavour::Psql => Some(plan),
        Flavour::Plain => plan::plain(plan, sink),
    }
}

/// Everything that can be said of a tree without a range: what can't be carried, and what `lint` finds.
pub fn check(sealed: &Sealed, config: &Config, sink: &mut Sink) -> lint::Counts {
    let mut found = Sink::default();
    if let Some(table) = plan::table(config, &sealed.tree, &mut found) {
        let input = input(sealed, config, &table, Request::default());
        plan::examine(input, &mut found);
    }
    sink.join_new(found);
    lint::check(&sealed.tree, config, sink)
}

/// Plan to one script.
pub fn script(renderer: &Renderer, plan: Plan) -> Result<String, bundle::Failure> {
    bundle::script(renderer, plan)
}

/// Plans to a release.
pub fn release(
    renderer: &Renderer,
    upgrade: &Plan,
    downgrade: &Plan,
) -> Result<Release, bundle::Failure> {
    bundle::release(renderer, upgrade, downgrade)
}

fn input<'a>(
    sealed: &'a Sealed,
    config: &'a Config,
    table: &'a VersionTable,
    request: Request,
) -> plan::Input<'a> {
    plan::Input {
        tree: &sealed.tree,
        graph: &sealed.graph,
        digests: &sealed.digests,
        seals: &sealed.seals,
        config,
        table,
        transactions: request.transactions,
    }
}
