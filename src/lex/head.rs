//! What the first words of a statement say, as far as the end of the statement hangs on it.
//!
//! Knows two things of the grammar: CREATE [OR REPLACE] FUNCTION | PROCEDURE … BEGIN ATOMIC, and COPY … FROM
//! STDIN. Does not know where tokens lie.

/// What the tokens since the start of a statement, or of a statement in a body, amount to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// Nothing yet.
    Start,
    /// CREATE.
    Create,
    /// CREATE OR.
    CreateOr,
    /// CREATE OR REPLACE.
    CreateOrReplace,
    /// CREATE [OR REPLACE] FUNCTION or PROCEDURE; a `BEGIN ATOMIC` may follow.
    Routine,
    /// The same, and the last token is a BEGIN.
    RoutineBegin,
    /// The same, and the last tokens are BEGIN ATOMIC.
    Atomic,
    /// The END of a body, where a statement could begin.
    BodyEnd,
    /// COPY.
    Copy,
    /// COPY, and the last token is a FROM.
    CopyFrom,
    /// COPY … FROM STDIN.
    CopyFromStdin,
    /// Anything else.
    Other,
}

impl Head {
    /// The next token is an unquoted word outside parentheses.
    pub(super) fn word(self, word: &[u8]) -> Self {
        let is = |known: &str| word.eq_ignore_ascii_case(known.as_bytes());
        match self {
            Self::Start | Self::Atomic if is("create") => Self::Create,
            Self::Start | Self::Atomic if is("copy") => Self::Copy,
            // In a body this is its end: END is reserved, so no statement and no label begins with it there.
            Self::Start | Self::Atomic if is("end") => Self::BodyEnd,
            Self::Create if is("or") => Self::CreateOr,
            Self::CreateOr if is("replace") => Self::CreateOrReplace,
            Self::Create | Self::CreateOrReplace if is("function") || is("procedure") => {
                Self::Routine
            }
            Self::Routine | Self::RoutineBegin if is("begin") => Self::RoutineBegin,
            Self::RoutineBegin if is("atomic") => Self::Atomic,
            Self::Routine | Self::RoutineBegin => Self::Routine,
            Self::Copy | Self::CopyFrom if is("from") => Self::CopyFrom,
            // FROM STDOUT is taken for FROM STDIN (gram.y, copy_file_name; tried on 15).
            Self::CopyFrom if is("stdin") || is("stdout") => Self::CopyFromStdin,
            Self::Copy | Self::CopyFrom => Self::Copy,
            Self::CopyFromStdin => Self::CopyFromStdin,
            Self::Start
            | Self::Create
            | Self::CreateOr
            | Self::CreateOrReplace
            | Self::Atomic
            | Self::BodyEnd
            | Self::Other => Self::Other,
        }
    }

    /// The next token is something else, comments and space excepted.
    #[inline]
    pub(super) fn other(self) -> Self {
        match self {
            Self::Routine | Self::RoutineBegin => Self::Routine,
            Self::Copy | Self::CopyFrom => Self::Copy,
            Self::CopyFromStdin => Self::CopyFromStdin,
            Self::Start
            | Self::Create
            | Self::CreateOr
            | Self::CreateOrReplace
            | Self::Atomic
            | Self::BodyEnd
            | Self::Other => Self::Other,
        }
    }
}
