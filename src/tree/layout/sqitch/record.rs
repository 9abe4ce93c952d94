//! What Sqitch records of a change: ids that are hashes of what the plan says of it and of all before it (`Plan/Change.pm`,
//! `Plan/Tag.pm`, `DBIEngine.pm` of 1.3).

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::plan::{Change, Plan, Planned};
use crate::tree::Record;
use crate::tree::layout::checksum;

/// The records of a plan's changes, in their order. All but `script_hash`, which is the script's.
pub(super) fn records(plan: &Plan) -> Vec<Record> {
    let uri = escaped(&plan.uri);
    let mut ids: Vec<String> = Vec::new();
    let mut records = Vec::new();
    for change in &plan.changes {
        let (conflicts, requires): (Vec<Need>, Vec<Need>) = needs(change, plan)
            .into_iter()
            .partition(|need| need.conflicts);
        let texts = |needs: &[Need]| -> Vec<String> {
            needs.iter().map(|need| need.text.clone()).collect()
        };
        let (requires_text, conflicts_text) = (texts(&requires), texts(&conflicts));
        let mut head = vec![format!("change {}", change.name)];
        head.extend(ids.last().map(|parent| format!("parent {parent}")));
        let mut tail = Vec::new();
        if !requires.is_empty() {
            tail.push(format!("requires\n  + {}", requires_text.join("\n  + ")));
        }
        if !conflicts.is_empty() {
            tail.push(format!("conflicts\n  - {}", conflicts_text.join("\n  - ")));
        }
        let id = id_of("change", plan, &uri, head, &change.planned, tail);
        let tags = change.tags.iter().map(|tag| {
            let name = format!("@{}", tag.name);
            let head = vec![format!("tag {name}"), format!("change {id}")];
            let mut columns = columns(&tag.planned);
            columns.insert("tag", name.into());
            let tag_id = id_of("tag", plan, &uri, head, &tag.planned, Vec::new());
            columns.insert("tag_id", tag_id.into());
            json!(columns)
        });
        let tags: Vec<Value> = tags.collect();
        let dependencies = requires.iter().chain(&conflicts).map(|need| {
            let meant = need.resolve(plan, &ids);
            json!({
                "type": if need.conflicts { "conflict" } else { "require" },
                "dependency": need.text,
                "dependency_id": meant.filter(|_| !need.conflicts),
            })
        });
        let dependencies: Vec<Value> = dependencies.collect();
        let mut record = columns(&change.planned);
        record.extend([
            ("change_id", id.as_str().into()),
            ("change", change.name.as_str().into()),
            ("project", plan.project.as_str().into()),
            (
                "uri",
                Some(&uri).filter(|uri| !uri.is_empty()).cloned().into(),
            ),
            ("requires", requires_text.into()),
            ("conflicts", conflicts_text.into()),
            ("dependencies", dependencies.into()),
            ("tags", tags.into()),
        ]);
        records.push(record);
        ids.push(id);
    }
    records
}

/// Columns of changes and tags alike.
fn columns(planned: &Planned) -> Record {
    Record::from([
        ("note", planned.note.as_str().into()),
        ("planned_at", planned.at.as_str().into()),
        ("planner_name", planned.name.as_str().into()),
        ("planner_email", planned.email.as_str().into()),
    ])
}

fn id_of(
    kind: &str,
    plan: &Plan,
    uri: &str,
    head: Vec<String>,
    planned: &Planned,
    tail: Vec<String>,
) -> String {
    let mut lines = vec![format!("project {}", plan.project)];
    if !uri.is_empty() {
        lines.push(format!("uri {}", canonical(uri)));
    }
    lines.extend(head);
    lines.push(format!("planner {} <{}>", planned.name, planned.email));
    lines.push(format!("date {}", planned.at));
    lines.extend(tail);
    if !planned.note.is_empty() {
        lines.extend([String::new(), planned.note.clone()]);
    }
    let info = lines.join("\n");
    checksum::sha1([kind, " ", &info.len().to_string(), "\0", &info])
}

/// What a change requires, or conflicts with.
#[derive(Debug)]
struct Need {
    conflicts: bool,
    /// As it is recorded: without its project where that is the plan's own.
    text: String,
}

fn needs(change: &Change, plan: &Plan) -> Vec<Need> {
    let needs = change.needs.iter().map(|(written, _)| {
        let need = written.strip_prefix('!');
        let text = need.unwrap_or(written);
        let own = text.split_once(':').filter(|(of, _)| *of == plan.project);
        Need {
            conflicts: need.is_some(),
            text: own.map_or(text, |(_, text)| text).to_owned(),
        }
    });
    needs.collect()
}

impl Need {
    /// The id of what is meant, among the changes above. `None` where only the database knows: in other projects.
    fn resolve(&self, plan: &Plan, above: &[String]) -> Option<String> {
        let text = self.text.as_str();
        if text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(text.to_owned());
        }
        let changes = &plan.changes[..above.len()];
        let (name, tag) = match text.split_once('@') {
            Some((name, tag)) => (name, Some(tag)),
            None => (text, None),
        };
        let tagged = |tag: &str| match tag {
            "ROOT" => (!changes.is_empty()).then_some(0),
            // The end of the plan, which stands above nothing.
            "HEAD" => None,
            tag => changes
                .iter()
                .position(|change| change.tags.iter().any(|other| other.name == tag)),
        };
        let at = match (name, tag) {
            ("", tag) => tagged(tag?),
            (name, None) => changes.iter().position(|change| change.name == name),
            (name, Some(tag)) => changes[..=tagged(tag)?]
                .iter()
                .rposition(|change| change.name == name),
        };
        Some(above[at?].clone())
    }
}

/// A URI as Perl's `URI->new` has it: what can't stand in one is written with `%`.
fn escaped(text: &str) -> String {
    const ALLOWED: &str = ";/?:@&=+$,[]-_.!~*'()%#";
    let mut uri = String::new();
    for char in text.trim().chars() {
        if char.is_ascii_alphanumeric() || ALLOWED.contains(char) {
            uri.push(char);
        } else {
            let mut bytes = [0; 4];
            for byte in char.encode_utf8(&mut bytes).bytes() {
                // Writing to a string does not fail.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

/// The same as its `canonical` has it, of which the hashes are: no capitals in scheme and host, no port that goes without
/// saying, a path, and no letter behind `%`.
fn canonical(uri: &str) -> String {
    let uri = unescaped(uri);
    let Some((scheme, rest)) = uri.split_once(':') else {
        return uri;
    };
    let is_scheme = scheme.starts_with(|char: char| char.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !is_scheme {
        return uri;
    }
    let scheme = scheme.to_ascii_lowercase();
    let port = match scheme.as_str() {
        "http" => "80",
        "https" => "443",
        _ => return format!("{scheme}:{rest}"),
    };
    let Some(rest) = rest.strip_prefix("//") else {
        return format!("{scheme}:{rest}");
    };
    let (server, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let (user, host) = match server.rsplit_once('@') {
        Some((user, host)) => (format!("{user}@"), host),
        None => (String::new(), server),
    };
    let host = host.to_ascii_lowercase();
    let host = match host.rsplit_once(':') {
        Some((host, said)) if said.is_empty() || said == port => host,
        _ => &host,
    };
    let slash = if path.is_empty() || path.starts_with('#') {
        "/"
    } else {
        ""
    };
    format!("{scheme}://{user}{host}{slash}{path}")
}

/// Capitals behind `%`, and what needs none as itself.
fn unescaped(uri: &str) -> String {
    let mut text = String::new();
    let mut rest = uri;
    while let Some(at) = rest.find('%') {
        text.push_str(&rest[..at]);
        let digits = rest.get(at + 1..at + 3);
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let Some(byte) = byte.filter(|_| !rest[at..].starts_with("%+")) else {
            text.push('%');
            rest = &rest[at + 1..];
            continue;
        };
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        rest = &rest[at + 3..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By `perl -MURI -e 'print URI->new($ARGV[0])->canonical'`.
    #[test]
    fn a_uri_is_hashed_as_perl_has_it() {
        for (uri, wanted) in [
            ("https://example.com/shelf", "https://example.com/shelf"),
            ("https://Example.COM", "https://example.com/"),
            ("HTTP://a.b:80/x%7ey%e9?Q#F", "http://a.b/x~y%E9?Q#F"),
            ("https://x:443", "https://x/"),
            ("https://x:8443/a b/é", "https://x:8443/a%20b/%C3%A9"),
            ("urn:x-y:Def", "urn:x-y:Def"),
            ("example.com/x", "example.com/x"),
            ("git@github.com:a/b", "git@github.com:a/b"),
            ("mailto:A@B.C", "mailto:A@B.C"),
            ("https://u:p@H/", "https://u:p@h/"),
            ("https://x?q", "https://x?q"),
        ] {
            assert_eq!(canonical(&escaped(uri)), wanted, "{uri}");
        }
    }
}
