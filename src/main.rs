//! The `signoff` program.

use std::process::ExitCode;

use signoff::cli;
use signoff::cli::world::World;

fn main() -> ExitCode {
    let mut input = std::io::stdin();
    let mut out = std::io::stdout().lock();
    // Not locked: a worker thread that panics could not say so, and would wait for ever.
    let mut err = std::io::stderr();
    match World::of_this_process(&mut input, &mut out, &mut err) {
        Ok(world) => ExitCode::from(cli::run(world)),
        Err(why) => {
            // Nobody is left to tell when standard error is gone too.
            let _ = std::io::Write::write_fmt(&mut err, format_args!("error: {why}\n"));
            ExitCode::from(2)
        }
    }
}
