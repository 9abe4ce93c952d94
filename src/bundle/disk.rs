//! Writing a release folder: aside first, then renamed into place.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the room that writes releases"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io;

use camino::Utf8Path;

use super::{Error, MANIFEST, Release, SUMS, Written};
use crate::seal;

/// Writes a release below `out`.
pub(super) fn write(release: &Release, out: &Utf8Path) -> Result<Written, Error> {
    let target = out.join(&release.name);
    let there = existing(&target)?;
    if there.as_ref().is_some_and(|files| {
        files
            .iter()
            .eq(release.files.iter().map(|(name, text)| (name, text)))
    }) {
        return Ok(Written::Unchanged);
    }
    fs::create_dir_all(out).map_err(at(out))?;
    let aside = out.join(format!(".{}.new", release.name));
    let old = out.join(format!(".{}.old", release.name));
    // Left behind by a run that was killed: half of a release, or a whole one.
    clear(&aside, release)?;
    if existing(&old)?.is_some() {
        remove(&old)?;
    }
    let filled = fill(&aside, release);
    if filled.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_dir_all(&aside);
    }
    filled?;
    if there.is_none() {
        fs::rename(&aside, &target).map_err(at(&target))?;
        return Ok(Written::New);
    }
    fs::rename(&target, &old).map_err(at(&target))?;
    if let Err(error) = fs::rename(&aside, &target) {
        let _ = fs::rename(&old, &target);
        return Err(at(&target)(error));
    }
    remove(&old)?;
    Ok(Written::Replaced)
}

fn fill(aside: &Utf8Path, release: &Release) -> Result<(), Error> {
    fs::create_dir(aside).map_err(at(aside))?;
    for (name, text) in &release.files {
        let path = aside.join(name);
        fs::write(&path, text).map_err(at(&path))?;
    }
    Ok(())
}

/// Removes the beginnings of a release, and nothing else.
fn clear(aside: &Utf8Path, release: &Release) -> Result<(), Error> {
    let listing = match fs::read_dir(aside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        listing => listing.map_err(at(aside))?,
    };
    for entry in listing {
        let name = entry.map_err(at(aside))?.file_name();
        if !release.files.iter().any(|(file, _)| **file == *name) {
            let why = format!("holds {}, which is not ours", name.to_string_lossy());
            return Err(Error::NotOurs {
                path: aside.to_owned(),
                why,
            });
        }
    }
    remove(aside)
}

/// The files of a release of ours that stands there untouched; `None` where nothing stands there.
fn existing(target: &Utf8Path) -> Result<Option<BTreeMap<String, String>>, Error> {
    let not_ours = |why: String| Error::NotOurs {
        path: target.to_owned(),
        why,
    };
    let listing = match fs::read_dir(target) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(not_ours("is not a folder".to_owned()));
        }
        Err(error) => return Err(at(target)(error)),
    };
    let mut files = BTreeMap::new();
    for entry in listing {
        let entry = entry.map_err(at(target))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let plain = entry.file_type().map_err(at(target))?.is_file();
        let bytes = if plain {
            fs::read(entry.path()).map_err(at(&target.join(&name)))?
        } else {
            Vec::new()
        };
        let text = String::from_utf8(bytes)
            .map_err(|_| not_ours(format!("holds {name}, which is not ours")))?;
        if !plain {
            return Err(not_ours(format!("holds {name}, which is not ours")));
        }
        files.insert(name, text);
    }
    if files.is_empty() {
        return Err(not_ours(
            "is an empty folder that signoff did not make".to_owned(),
        ));
    }
    let sums = files
        .get(SUMS)
        .ok_or_else(|| not_ours(format!("holds no {SUMS}")))?;
    let manifest = files
        .get(MANIFEST)
        .ok_or_else(|| not_ours(format!("holds no {MANIFEST}")))?;
    if !manifest.contains("\"kind\": \"signoff bundle\"") {
        return Err(not_ours(format!(
            "its {MANIFEST} is not of a signoff bundle"
        )));
    }
    let expected: BTreeMap<&str, &str> = sums
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(sum, name)| (name, sum))
        .collect();
    for (name, text) in files.iter().filter(|(name, _)| *name != SUMS) {
        match expected.get(name.as_str()) {
            None => return Err(not_ours(format!("holds {name}, which is not ours"))),
            Some(sum) if *sum != seal::sha256(text.as_bytes()).hex() => {
                return Err(not_ours(format!("its {name} was changed by hand")));
            }
            Some(_) => {}
        }
    }
    if let Some(gone) = expected.keys().find(|name| !files.contains_key(**name)) {
        return Err(not_ours(format!("its {gone} is gone")));
    }
    Ok(Some(files))
}

fn remove(path: &Utf8Path) -> Result<(), Error> {
    match fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(at(path)(error)),
    }
}

fn at(path: &Utf8Path) -> impl Fn(io::Error) -> Error + '_ {
    move |source| Error::Disk {
        path: path.to_owned(),
        source,
    }
}
