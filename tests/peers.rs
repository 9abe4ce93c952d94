//! What other tools do, run as they are: nothing here is claimed that they were not asked for. Each test needs its tool and is
//! ignored where nobody asks for it by name.

mod import;
