//! The hashes by which other tools know what they applied.
//!
//! Each is over texts one after another, so that nobody joins them first. What goes into a hash is the layout's matter.

use std::fmt::Write as _;
use std::hash::Hasher as _;

use sha2::Digest;
use siphasher::sip::SipHasher13;

use crate::source::{FileId, Sources};

/// The bytes of a file as they are on disk: the mark that was dropped, and the text. Not for folded ones.
pub(super) fn whole(sources: &Sources, file: FileId) -> [&str; 2] {
    [sources.mark(file), sources.text(file)]
}

/// CRC-32 as zlib has it.
pub(super) fn crc32<'t>(texts: impl IntoIterator<Item = &'t str>) -> u32 {
    let mut hash = crc32fast::Hasher::new();
    for text in texts {
        hash.update(text.as_bytes());
    }
    hash.finalize()
}

/// In hexadecimal digits.
pub(super) fn md5<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    hex::<md5::Md5>(texts)
}

/// In hexadecimal digits.
pub(super) fn sha1<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    hex::<sha1::Sha1>(texts)
}

/// In hexadecimal digits.
pub(super) fn sha256<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    hex::<sha2::Sha256>(texts)
}

/// SipHash-1-3 without a key.
pub(super) fn siphash<'b>(pieces: impl IntoIterator<Item = &'b [u8]>) -> u64 {
    let mut hash = SipHasher13::new();
    for piece in pieces {
        hash.write(piece);
    }
    hash.finish()
}

/// In hexadecimal digits.
pub(super) fn sha384<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    hex::<sha2::Sha384>(texts)
}

fn hex<'t, D: Digest>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = D::new();
    for text in texts {
        hash.update(text);
    }
    let mut digits = String::new();
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By coreutils.
    #[test]
    fn hashes_are_those_of_other_programs() {
        let texts = ["create table users", " (id int);\n"];
        assert_eq!(crc32(["12345", "6789"]), 3_421_780_262);
        assert_eq!(md5(texts), "0a71e7642d8ceb8e89448598812c76de");
        assert_eq!(sha1(texts), "daf010c72bd3c6928c7abb7f8fab4e1951bdd368");
        assert_eq!(
            sha256(texts),
            "aa76ff90435ce799b755046554b3bd03d6ccc618dfac6c24c129e8ce83c63ead"
        );
        assert_eq!(
            sha384(texts),
            "b413549f4f31405fc6579de6739742024fbde958da6a4065463954039ea7b21e4662a619f782a2a22c00ad6a447b3c51"
        );
    }
}
