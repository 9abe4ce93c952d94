//! The README's minute is what the program prints, line by line.

mod alembic;

use crate::support;
use crate::support::postgres::Database;
use crate::support::project::Project;

/// The second of the README's revisions, which it leaves to its reader.
const INDEX: &str = "CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (lower(email));";

/// Every line of what was printed stands in the README, in this order.
#[track_caller]
fn told(readme: &str, from: usize, printed: &str) -> usize {
    let mut at = from;
    for line in printed.lines() {
        let found = readme[at..].find(&format!("{line}\n"));
        at += found
            .unwrap_or_else(|| panic!("the README does not say, after what came before: {line}"));
    }
    at
}

#[test]
fn the_minute_is_real() {
    let readme = std::fs::read_to_string(support::root().join("README.md")).expect("there is one");
    let project = Project::new().env("SOURCE_DATE_EPOCH", "1795378634");
    let mut at = told(&readme, 0, &project.run(&["init"]).success().stdout);
    let first = project
        .run(&["revision", "-m", "users", "--rev-id", "8a6a2940235c"])
        .success()
        .stdout
        .clone();
    at = told(&readme, at, &first);
    let second = project
        .run(&[
            "revision",
            "-m",
            "index users by email",
            "--rev-id",
            "f866810c62a2",
        ])
        .success()
        .stdout
        .clone();

    // The file as the README shows it.
    let shown = readme[at..]
        .split("```sql\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let shown = shown.expect("the README shows the file");
    let fresh = project.read(first.trim());
    let header = fresh.split("\n\n").next().expect("it has a header");
    assert!(shown.starts_with(header), "{shown}");
    project.write(first.trim(), format!("{shown}\n").as_bytes());
    let text = project.read(second.trim());
    let (head, _) = text.split_once("--! upgrade").expect("it has one");
    let text = format!(
        "{head}--! upgrade\n{INDEX}\n\n--! downgrade\nDROP INDEX CONCURRENTLY users_email_key;\n\n"
    );
    project.write(second.trim(), text.as_bytes());
    let config = project.read("signoff.toml");
    let name = config
        .lines()
        .find(|line| line.starts_with("name = "))
        .expect("a name");
    project.write(
        "signoff.toml",
        config.replace(name, "name = \"shop\"").as_bytes(),
    );

    at = told(&readme, at, &project.run(&["check"]).success().stdout);
    at = told(&readme, at, &project.run(&["seal"]).success().stdout);
    // The digest changes with every word of the scripts; the README leaves it out.
    let wrote = project.run(&["bundle"]).success().quiet().stdout.clone();
    let (before, digest) = wrote.split_once("sha256:").expect("it says the digest");
    at = told(&readme, at, &format!("{before}sha256:…{}", &digest[64..]));

    let database = Database::create();
    let script = project.path("out/shop-base-f866810c62a2/upgrade.sql");
    let outcome = database.psql_file(&script, &[]);
    let printed = outcome.success().stdout.clone();
    let (lines, receipt) = printed.trim_end().rsplit_once('\n').expect("several lines");
    assert!(
        receipt.starts_with("{\"format\" : 1, \"project\" : \"shop\", "),
        "{receipt}"
    );
    // The README's database has a name of its own.
    let lines = lines.replace(database.name(), "shop");
    at = told(&readme, at, &lines);

    let edited = project
        .read(first.trim())
        .replace("email text NOT NULL", "email text");
    project.write(first.trim(), edited.as_bytes());
    let refused = project.run(&["check"]);
    let refused = &refused.code(1).stderr;
    let upper: Vec<&str> = refused.lines().take(5).collect();
    at = told(&readme, at, &upper.join("\n"));
    let notes: Vec<&str> = refused
        .lines()
        .filter(|line| line.starts_with("  = "))
        .take(2)
        .collect();
    told(&readme, at, &notes.join("\n"));
}
