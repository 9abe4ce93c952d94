//! Where bookkeeping lives: what the config asks for, held against the tree that is recorded.

use crate::config::{Config, table};
use crate::diagnostic::{Diagnostic, Sink};
use crate::name::Ident;
use crate::tree::Tree;
use crate::version_table::{AUTO, NATIVE, SCHEMES, Scheme, Tool, VersionTable};

/// The tables of a config, for a tree. `None` where an error was reported.
pub(super) fn table(config: &Config, tree: &Tree, sink: &mut Sink) -> Option<VersionTable> {
    let asked = &config.version_table;
    let scheme = scheme(asked.scheme.value.as_str(), tree)
        .map_err(|diagnostic| sink.push(*diagnostic))
        .ok()?;
    let tool = scheme.map(|scheme| {
        let given = asked.tool_table.value.as_ref();
        let name = given.map_or(scheme.table, |table| &table.name);
        let within = given.and_then(|table| table.schema.as_deref());
        Tool {
            scheme,
            schema: Ident::new(within.unwrap_or(scheme.schema)),
            name: Ident::new(name),
            said: within.is_some() || !scheme.by_path,
        }
    });
    let own = VersionTable {
        schema: Ident::new(asked.schema.value.clone()),
        name: Ident::new(asked.name.value.clone()),
        tool,
        events: asked.events.value,
    };
    // A registry has its tables' names in a schema of its own: what can be said is that schema.
    if let Some(tool) = &own.tool
        && tool.scheme.makes_schema
        && !tool.scheme.beside.is_empty()
        && tool.name.as_str() != tool.scheme.table
    {
        let (name, table) = (tool.name.as_str(), tool.scheme.table);
        let told = format!(
            "{} keeps what is applied in a table `{table}`, and not in `{name}`",
            tool.scheme.name
        );
        let help = format!("where it has another schema, say `tool_table = \"{name}.{table}\"`");
        sink.push(Diagnostic::error("unfit-scheme", told).help(help));
        return None;
    }
    if let Some(tool) = &own.tool
        && [own.qualified(), own.event()].contains(&tool.qualified())
    {
        let told = format!(
            "{} can't be the table of {} and signoff's own as well",
            tool.qualified(),
            tool.scheme.name
        );
        sink.push(
            Diagnostic::error("unfit-scheme", told)
                .help("name the tool's in [version_table] tool_table, and signoff's own in `name` and `schema`"),
        );
        return None;
    }
    Some(own)
}

/// The scheme of a word; `None` is the native one.
fn scheme(word: &str, tree: &Tree) -> Result<Option<&'static Scheme>, Box<Diagnostic>> {
    if word == NATIVE {
        return Ok(None);
    }
    if word == AUTO {
        // Alembic's trees are native ones: only who imported one knows that it was Alembic's.
        let own = |scheme: &&Scheme| scheme.layout == tree.layout && tree.layout != NATIVE;
        return Ok(SCHEMES.iter().find(own));
    }
    let Some(scheme) = SCHEMES.iter().find(|scheme| scheme.name == word) else {
        let words = SCHEMES.iter().map(|scheme| scheme.name);
        let words: Vec<&str> = [AUTO, NATIVE].into_iter().chain(words).collect();
        let told = format!("there is no version-table scheme `{}`", word.escape_debug());
        let help = match table::nearest(word, words.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("[version_table] scheme is one of {}", table::list(&words)),
        };
        return Err(Box::new(
            Diagnostic::error("unknown-scheme", told).help(help),
        ));
    };
    if scheme.layout != tree.layout {
        let told = format!(
            "the scheme `{word}` can't record this tree, whose layout is {}",
            tree.layout
        );
        return Err(Box::new(Diagnostic::error("unfit-scheme", told)
            .because(format!(
                "what {word} records of a revision is known of trees in layout {} only",
                scheme.layout
            ))
            .help("leave [version_table] scheme out, for the scheme of the tree's own tool; or say `native`")));
    }
    Ok(Some(scheme))
}
