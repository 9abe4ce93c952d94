//! The arguments of a psql command (`psqlscanslash.l`), as far as literals go.

/// Words behind a command.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    /// Without their quotes.
    pub(super) words: Vec<String>,
}

impl Arguments {
    /// Reads the rest of a line. The error says what in it is no literal.
    pub(super) fn read(
        text: &str,
        value: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, &'static str> {
        let mut arguments = Self::default();
        let mut chars = text.chars().peekable();
        let mut word: Option<String> = None;
        while let Some(char) = chars.next() {
            if char.is_whitespace() {
                arguments.words.extend(word.take());
                continue;
            }
            let word = word.get_or_insert_default();
            match char {
                '\'' => loop {
                    match chars.next() {
                        Some('\'') if chars.next_if(|next| *next == '\'').is_some() => {
                            word.push('\'');
                        }
                        Some('\'') => break,
                        Some('\\') => match chars.next() {
                            Some(escaped @ ('\\' | '\'')) => word.push(escaped),
                            _ => return Err("only `\\\\` and `\\'` are known as escapes here"),
                        },
                        Some(char) => word.push(char),
                        None => return Err("a quote is not closed on the line"),
                    }
                },
                '"' => loop {
                    match chars.next() {
                        Some('"') => break,
                        Some(char) => word.push(char),
                        None => return Err("a quote is not closed on the line"),
                    }
                },
                '`' => {
                    return Err(
                        "a backquote runs a program on the machine of whoever runs the script",
                    );
                }
                '\\' => {
                    return Err(
                        "another command stands on the same line: give it a line of its own",
                    );
                }
                ':' => {
                    let mut name = String::new();
                    while let Some(char) =
                        chars.next_if(|char| char.is_ascii_alphanumeric() || *char == '_')
                    {
                        name.push(char);
                    }
                    match value(&name) {
                        Some(value) => word.push_str(&value),
                        None => return Err("what `:` stands for is not set to a literal above"),
                    }
                }
                char => word.push(char),
            }
        }
        arguments.words.extend(word);
        Ok(arguments)
    }
}
