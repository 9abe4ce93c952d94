//! Words that Alembic's users type by habit: taken as they are meant, or answered with what is said here instead.

use insta::assert_snapshot;

use super::{branched, session, shop};

#[test]
fn what_means_nothing_here_is_answered_with_its_counterpart() {
    assert_snapshot!(session(
        &shop(),
        &[
            &["list_templates"],
            &["ensure_version", "--sql"],
            &["init", "-t", "generic"],
            &["init", "--package"],
            &["revision", "--autogenerate", "-m", "add users"],
            &["revision", "-m", "add users", "--version-path", "model"],
            &["revision", "-m", "add users", "--version-path=model"],
            &["-c", "prod.ini", "heads"],
            &["-n", "prod", "upgrade", "head"],
            &["--name", "prod", "upgrade", "head"],
            &["-x", "tenant=a", "upgrade", "head"],
            &["--raiseerr", "upgrade", "head"],
            &["upgrade", "head", "--sql", "--tag", "CHG-7"],
            &["heads", "--resolve-dependencies"],
            &["current", "--head-only"],
        ],
    ));
}

#[test]
fn what_means_the_same_here_is_taken() {
    let shop = shop();
    for words in [
        "upgrade head --sql",
        "upgrade heads --sql",
        "upgrade +1 --sql",
        "upgrade aaaa --sql",
        "upgrade aaaa+1 --sql",
        "upgrade aaaa:bbbb --sql",
        "downgrade -1 --sql",
        "downgrade base --sql",
        "downgrade bbbb:aaaa --sql",
        "history -v",
        "history --verbose",
        "history -raaaa:bbbb",
        "history -r-1:",
        "history --rev-range aaaa:head",
        "heads -v",
        "heads --verbose",
        "show head",
        "show aaaa",
        "check",
        "revision --message x --head head --branch-label new --rev-id cccc00000003",
        "revision -m y --head=base --branch-label=other --depends-on=cccc --depends-on=aaaa",
        "-q heads",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        shop.run(&words).success();
    }
    let branched = branched();
    for words in [
        "branches -v",
        "branches --verbose",
        "merge -m both heads --branch-label both --rev-id eeee00000005",
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        branched.run(&words).success();
    }
}
