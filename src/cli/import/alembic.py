# Run by `signoff import alembic` with the project's own Python; needs no database and writes no file. Tells the graph, and what
# each revision would run, as lines of JSON. Of Alembic it uses the command line's own way to the config, the script directory
# and the environment, so that env.py runs as `alembic upgrade A:B --sql` runs it, for one revision at a time.
#
# Arguments: the words that stood behind `alembic`, `--`, and the revisions of this run (none: tell the graph).

import ast
import functools
import io
import json
import os
import re
import sys
import traceback

# What env.py and migrations print is not our answer.
ANSWER = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="surrogatepass", newline="\n")
os.dup2(2, 1)
# As the program `alembic` has it: a folder of that name here is the project's.
if sys.path and sys.path[0] == "":
    del sys.path[0]


def tell(**what):
    ANSWER.write(json.dumps(what) + "\n")
    ANSWER.flush()


try:
    import alembic
    from alembic import util
    from alembic.config import CommandLine
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.migration import HeadMaintainer, MigrationStep
    from alembic.script import ScriptDirectory
except ImportError as missing:
    tell(failed="Alembic can't be imported", reason=str(missing), python=sys.executable)
    sys.exit(0)


class Output(io.StringIO):
    """Keeps what is written apart: before the migration, by it, and behind it."""

    def __init__(self):
        super().__init__()
        self.at = "before"
        self.texts = {"before": [], "by": [], "after": []}

    def write(self, text):
        self.texts[self.at].append(text)
        return len(text)


CONFIGURE = EnvironmentContext.configure


def configure(self, *words, **named):
    """Writes values as they are: without `named`, a driver's style would double each `%`."""
    if len(words) < 4:
        named["dialect_opts"] = dict(named.get("dialect_opts") or {}, paramstyle="named")
    named["output_buffer"] = self.config.output_buffer
    CONFIGURE(self, *words, **named)
    # Before it has asked a server, SQLAlchemy up to 2.0 doubles the backslashes of values, which no server of today undoes.
    dialect = self.get_context().dialect
    if getattr(dialect, "_backslash_escapes", False):
        dialect._backslash_escapes = False


# On the class itself: the module `alembic.context` stands for this one and for none that inherits it.
EnvironmentContext.configure = configure
# Which revisions a database has is not told to it.
HeadMaintainer.update_to_step = lambda self, step: None


def where(error, path):
    """The last line of the revision's file that an error went through, and the error in a line."""
    told = " ".join(str(error).split())
    told = type(error).__name__ + (": " + told if told else "")
    place = None
    for frame in traceback.extract_tb(error.__traceback__):
        if os.path.realpath(frame.filename) == os.path.realpath(path):
            place = (frame.lineno, frame.line or "")
    return told[:400], place


def holds_something(function, source):
    """Whether a direction of a revision's file holds anything but `pass`."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            for step in node.body:
                empty = isinstance(step, ast.Pass) or (
                    isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant)
                )
                empty = empty or (
                    isinstance(step, ast.Return)
                    and (step.value is None or isinstance(step.value, ast.Constant))
                )
                if not empty:
                    return True
            return False
    return True


def direction(config, script, revision, upwards):
    """What a revision runs in one direction."""
    word = "upgrade" if upwards else "downgrade"
    path = revision.path
    output = Output()
    config.output_buffer = output
    context = []

    def steps(heads, here):
        context.append(here)
        make = MigrationStep.upgrade_from_script if upwards else MigrationStep.downgrade_from_script
        step = make(script.revision_map, revision)
        run = step.migration_fn

        @functools.wraps(run)
        def recorded(**named):
            output.at = "by"
            try:
                run(**named)
            finally:
                output.at = "after"

        step.migration_fn = recorded
        return [step]

    parents = ",".join(util.to_tuple(revision.down_revision, default=())) or "base"
    begins, ends = (parents, revision.revision) if upwards else (revision.revision, parents)
    try:
        with EnvironmentContext(
            config,
            script,
            fn=steps,
            as_sql=True,
            # The table of versions is left alone where it is said to have something.
            starting_rev=revision.revision,
            destination_rev=ends,
            tag=None,
        ):
            script.run_env()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        reason, place = where(error, path)
        known = output.at == "after" or (place is not None and context)
        return {"error": reason, "line": place, "inside": bool(known), "function": word}
    if not context:
        reason = "env.py ends without running migrations where there is no database (offline mode)"
        return {"error": reason, "line": None, "inside": False, "function": word}
    if len(context) > 1:
        reason = "env.py runs migrations more than once, for several databases or schemas, and a tree is of one: let it run one"
        return {"error": reason, "line": None, "inside": False, "function": word}
    told = {"before": output.texts["before"], "by": output.texts["by"], "after": output.texts["after"]}
    told["table"] = [context[0].version_table_schema, context[0].version_table]
    return told


def created(text):
    found = re.search(r"^\s*Create Date:\s*(.+?)\s*$", text or "", re.M)
    return found.group(1) if found else None


def graph(script):
    for revision in script.walk_revisions():
        module = revision.module
        with open(revision.path, encoding="utf-8", errors="replace") as file:
            source = file.read()
        depends_on = []
        for name in util.to_tuple(revision.dependencies, default=()):
            target = script.get_revision(name)
            labels = util.to_tuple(getattr(target.module, "branch_labels", None), default=())
            depends_on.append(name if name in labels else target.revision)
        strings = (
            node.value
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        tell(
            revision=revision.revision,
            parents=list(util.to_tuple(revision.down_revision, default=())),
            labels=list(util.to_tuple(getattr(module, "branch_labels", None), default=())),
            depends_on=depends_on,
            message=revision.doc or "",
            created=created(revision.longdoc),
            path=os.path.relpath(revision.path),
            tabs=any("\t" in text for text in strings),
            asks=re.search(r"is_offline_mode|\bas_sql\b", source) is not None,
            upgrade=holds_something("upgrade", source),
            downgrade=holds_something("downgrade", source),
        )


class Here(CommandLine):
    def run_cmd(self, config, options):
        script = ScriptDirectory.from_config(config)
        if not WANTED:
            graph(script)
            tell(graph="whole", alembic=alembic.__version__)
            return
        for wanted in WANTED:
            tell(begins=wanted)
            revision = script.get_revision(wanted)
            tell(
                ran=wanted,
                upgrade=direction(config, script, revision, True),
                downgrade=direction(config, script, revision, False),
            )


cut = len(sys.argv) - 1 - sys.argv[::-1].index("--")
FLAGS, WANTED = sys.argv[1:cut], sys.argv[cut + 1 :]
try:
    if FLAGS[:1] == ["db"]:
        # Flask-Migrate: its config, and its env.py, are an application's.
        from flask.cli import ScriptInfo

        application = ScriptInfo().load_app()
        with application.app_context():
            migrate = application.extensions["migrate"].migrate
            Here().run_cmd(migrate.get_config(None), None)
    else:
        Here(prog="alembic").main([*FLAGS, "upgrade", "--sql", "heads"])
except KeyboardInterrupt:
    raise
except SystemExit as error:
    if error.code not in (None, 0):
        tell(failed="Alembic does not take this project", reason="", python=sys.executable)
except BaseException as error:
    traceback.print_exc()
    told = " ".join(str(error).split())
    tell(failed="Alembic does not take this project", reason=type(error).__name__ + ": " + told, python=sys.executable)
# A migration's threads and exit handlers have nothing to add.
ANSWER.flush()
sys.stderr.flush()
os._exit(0)
