//! What a process is given: words, environment, folder, streams; and the things nobody else may ask for: the time,
//! chance, and an editor.
#![expect(
    clippy::disallowed_methods,
    reason = "the edge where the environment, the folder and the clock come in, and an editor is started"
)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::hash::{BuildHasher, Hasher};
use std::io::{IsTerminal, Read, Write};

use camino::Utf8PathBuf;

/// What [`super::run`] is given.
pub struct World<'w> {
    /// The command line, the program's name first.
    pub arguments: Vec<OsString>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// The working folder, absolute.
    pub cwd: Utf8PathBuf,
    /// Standard input.
    pub input: &'w mut dyn Read,
    /// Standard output.
    pub out: &'w mut dyn Write,
    /// Standard error.
    pub err: &'w mut dyn Write,
    /// Whether standard output is a terminal.
    pub out_terminal: bool,
    /// Whether standard error is a terminal.
    pub err_terminal: bool,
}

impl<'w> World<'w> {
    /// The world of this process, with these streams. The error says what can't be used.
    pub fn of_this_process(
        input: &'w mut dyn Read,
        out: &'w mut dyn Write,
        err: &'w mut dyn Write,
    ) -> Result<Self, String> {
        let cwd = std::env::current_dir().map_err(|error| {
            format!("the working folder can't be found: {error}; go to one that exists")
        })?;
        let cwd = Utf8PathBuf::from_path_buf(cwd).map_err(|path| {
            format!(
                "the working folder {} is not UTF-8; rename it",
                path.display()
            )
        })?;
        let text = |(name, value): (OsString, OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Ok(Self {
            arguments: std::env::args_os().collect(),
            environment: std::env::vars_os().filter_map(text).collect(),
            cwd,
            input,
            out,
            err,
            out_terminal: std::io::stdout().is_terminal(),
            err_terminal: std::io::stderr().is_terminal(),
        })
    }
}

/// Now, to the second; `SOURCE_DATE_EPOCH` where it is set.
pub(super) fn now(environment: &BTreeMap<String, String>) -> Result<jiff::Timestamp, String> {
    let second = match environment.get("SOURCE_DATE_EPOCH") {
        Some(text) => text.parse().ok(),
        None => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_secs()).ok()),
    };
    let time = second.and_then(|second| jiff::Timestamp::from_second(second).ok());
    time.ok_or_else(|| "the time can't be told: SOURCE_DATE_EPOCH must be seconds since 1970, or the clock is before that".to_owned())
}

/// Six bytes by chance, as the standard library seeds its hash maps.
pub(super) fn chance() -> [u8; 6] {
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    let mut bytes = [0; 6];
    bytes.copy_from_slice(&hasher.finish().to_le_bytes()[..6]);
    bytes
}

/// Opens files in `$VISUAL`, else `$EDITOR`, and waits for it. The words of the variable are split at white space; no
/// shell reads them. The error says what became of the editor.
pub(super) fn edit(
    environment: &BTreeMap<String, String>,
    files: &[Utf8PathBuf],
) -> Result<(), String> {
    let named = ["VISUAL", "EDITOR"].into_iter().find_map(|variable| {
        let mut words = environment.get(variable)?.split_whitespace();
        Some((variable, words.next()?, words))
    });
    let Some((variable, program, words)) = named else {
        return Err(
            "neither VISUAL nor EDITOR names an editor; set one, or open the file yourself"
                .to_owned(),
        );
    };
    let shown = format!("the editor `{}` of ${variable}", program.escape_debug());
    let status = std::process::Command::new(program)
        .args(words)
        .args(files)
        .status()
        .map_err(|error| format!("{shown} can't be started: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{shown} failed ({status})"))
    }
}
