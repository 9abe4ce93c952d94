//! File names from a template.

use camino::{Utf8Path, Utf8PathBuf};

use super::{BadTemplate, New};

/// The longest slug, in characters.
const SLUG: usize = 40;

/// What names a file whose revision has no date, where the template wants one.
const UNDATED: &str = "{rev}_{slug}.sql";

pub(super) fn file_name(template: &str, new: &New) -> Result<Utf8PathBuf, BadTemplate> {
    let Some(created) = new.created else {
        let dated = New {
            created: Some(jiff::Timestamp::UNIX_EPOCH),
            ..*new
        };
        // What is wrong with the template is wrong without a date, too.
        file_name(template, &dated)?;
        let wants = |field: &&str| template.contains(*field);
        let undated = FIELDS_OF_TIME.iter().any(wants);
        return file_name(if undated { UNDATED } else { template }, &dated);
    };
    let mut name = String::new();
    let mut named = false;
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        if text.contains('}') {
            return Err(BadTemplate::Brace);
        }
        let (field, after) = after.split_once('}').ok_or(BadTemplate::Brace)?;
        name.push_str(text);
        let time = |format: &str| created.strftime(format).to_string();
        let value = match field {
            "year" => time("%Y"),
            "month" => time("%m"),
            "day" => time("%d"),
            "hour" => time("%H"),
            "minute" => time("%M"),
            "second" => time("%S"),
            "epoch" => created.as_second().to_string(),
            "rev" => {
                named = true;
                new.id.as_str().to_owned()
            }
            "slug" => {
                let slug = slug(new.message);
                if slug.is_empty() && name.ends_with(['_', '-']) {
                    name.pop();
                }
                slug
            }
            other => return Err(BadTemplate::Field(other.to_owned())),
        };
        name.push_str(&value);
        rest = after;
    }
    if rest.contains('}') {
        return Err(BadTemplate::Brace);
    }
    name.push_str(rest);
    let bad_part = |part: &str| matches!(part, "" | "." | ".." | ".sql");
    if name.split('/').any(bad_part) || name.contains(|c: char| c == '\\' || c.is_control()) {
        return Err(BadTemplate::Path);
    }
    if Utf8Path::new(&name).extension() != Some("sql") {
        return Err(BadTemplate::Extension);
    }
    if !named {
        return Err(BadTemplate::Revision);
    }
    Ok(name.into())
}

/// Fields that a date fills.
const FIELDS_OF_TIME: [&str; 7] = [
    "{year}", "{month}", "{day}", "{hour}", "{minute}", "{second}", "{epoch}",
];

pub(super) fn slug(message: &str) -> String {
    let words = message.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let mut slug = words.join("_").to_ascii_lowercase();
    if slug.len() > SLUG {
        // The character behind the limit is looked at too: a word that just fits stays.
        let end = slug[..=SLUG].rfind('_').unwrap_or(SLUG);
        slug.truncate(end);
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::{new_id, tests::DEFAULT};

    fn name(template: &str, message: &str) -> Result<String, BadTemplate> {
        let id = new_id([0x27, 0xda, 0xfa, 0x98, 0x31, 0x36]);
        let new = New {
            id: &id,
            parents: &[],
            message,
            created: Some("2025-12-30T13:05:33Z".parse().expect("a time")),
            labels: &[],
            depends_on: &[],
        };
        file_name(template, &new).map(Utf8PathBuf::into_string)
    }

    #[test]
    fn templates_are_filled() {
        assert_eq!(
            name(DEFAULT, "Initial schema: migration!").as_deref(),
            Ok("20251230_130533_27dafa983136_initial_schema_migration.sql")
        );
        assert_eq!(
            name(DEFAULT, "…").as_deref(),
            Ok("20251230_130533_27dafa983136.sql")
        );
        assert_eq!(
            name("{year}/{epoch}-{rev}.sql", "x").as_deref(),
            Ok("2025/1767099933-27dafa983136.sql")
        );
    }

    #[test]
    fn templates_that_cannot_work_are_refused() {
        let bad = |template| name(template, "x").expect_err("refused");
        assert_eq!(bad("{rev}_{slg}.sql"), BadTemplate::Field("slg".to_owned()));
        assert_eq!(bad("{rev}.txt"), BadTemplate::Extension);
        assert_eq!(bad("{slug}.sql"), BadTemplate::Revision);
        for template in ["{rev", "rev}.sql", "{rev}}.sql"] {
            assert_eq!(bad(template), BadTemplate::Brace, "{template}");
        }
        for template in [
            "/{rev}.sql",
            "../{rev}.sql",
            "{rev}/.sql",
            "a//{rev}.sql",
            "a\\{rev}.sql",
        ] {
            assert_eq!(bad(template), BadTemplate::Path, "{template}");
        }
        assert!(
            bad("{x}.sql")
                .to_string()
                .starts_with("`{x}` is not a field of a file template; there are {year},")
        );
    }

    #[test]
    fn slugs_are_cut_between_words() {
        assert_eq!(slug("  Add e-mail  (größe) "), "add_e_mail_gr_e");
        assert_eq!(slug(&"abc ".repeat(20)), ["abc"; 10].join("_"));
        assert_eq!(slug(&"abcd ".repeat(20)), ["abcd"; 8].join("_"));
        assert_eq!(slug(&"x".repeat(50)), "x".repeat(40));
    }
}
