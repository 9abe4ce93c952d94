//! Views in, texts out: every word of an emitted file lives in `templates/`.
//!
//! Knows how SQL, psql and Markdown quote; decides nothing. A template sees only the shapes of [`view`].

pub mod drawing;
mod filters;
mod templates;
pub mod view;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};

use crate::plan::Flavour;

/// What stands where the bundle's digest will stand, while that is computed.
pub const NO_DIGEST: &str =
    "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// Templates of reports, which a team may replace, by file name. The scripts' machinery is not replaceable.
pub const REPLACEABLE: [&str; 1] = ["runbook.md"];

/// Why a text can't be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A template of the user's own is broken.
    #[error(
        "the template {name} can't be used: {reason}; nothing was written: mend it, or leave it out to use the built-in one"
    )]
    Template {
        /// Its file name.
        name: String,
        /// The engine's words, with the line.
        reason: String,
    },
}

/// The templates, ready to use.
pub struct Renderer {
    environment: Environment<'static>,
}

impl Renderer {
    /// The embedded templates, with the user's own reports in place of ours.
    pub fn new(own: Vec<(String, String)>) -> Result<Self, Error> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build();
        environment.set_syntax(syntax.expect("these delimiters are the default ones"));
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        filters::add(&mut environment);
        for (name, text) in templates::EMBEDDED {
            environment
                .add_template(name, text)
                .map_err(|error| template_error(name, &error))?;
        }
        for (name, text) in own {
            environment
                .add_template_owned(name.clone(), text)
                .map_err(|error| template_error(&name, &error))?;
        }
        Ok(Self { environment })
    }

    /// A script: `upgrade.sql`, `downgrade.sql`, `plan.sql` or `status.sql`.
    pub fn script(&self, view: view::Script) -> Result<String, Error> {
        let name = match view.flavour {
            Flavour::Psql => view.file.to_owned(),
            Flavour::Plain => format!("plain/{}", view.file),
        };
        self.render(&name, Serde(view).into())
    }

    /// The run book.
    pub fn run_book(&self, view: view::run_book::RunBook) -> Result<String, Error> {
        self.render("runbook.md", Serde(view).into())
    }

    fn render(&self, name: &str, view: minijinja::Value) -> Result<String, Error> {
        let template = self
            .environment
            .get_template(name)
            .map_err(|error| template_error(name, &error))?;
        template
            .render(view)
            .map_err(|error| template_error(name, &error))
    }
}

fn template_error(name: &str, error: &minijinja::Error) -> Error {
    let name = error.name().unwrap_or(name).to_owned();
    let line = error
        .line()
        .map_or_else(String::new, |line| format!(" (line {line})"));
    let cause =
        std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    Error::Template {
        name,
        reason: format!("{error}{line}{cause}"),
    }
}
