"""Everything that is checked before a change is taken, one session for each kind of check.

`uv run nox` runs all but `bench` and `thorough`; `uv run nox -s typing` runs one; `uv run nox -l` lists them.
"""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "typing", "architecture", "bare", "lowest", "wheel", "docs", "tests"]

ROOT = Path(__file__).parent
LAYERS = ("core", "dsl", "adapters", "entrypoints")
PYTHON_CODE = (*LAYERS, "tests", "benchmarks", "noxfile.py")
# One worker for each processor, and a test goes to whichever is free. One that hangs fails, and shows where it hangs.
IN_PARALLEL = ("-n", "logical", "--dist", "worksteal", "--timeout=900")
# The laws and limits are proved by `tests`; elsewhere the question is whether the code works there at all.
AT_A_GLANCE = ("--hypothesis-profile=glance", "-m", "not postgres", "--ignore=tests/dsl/analysis/test_hostile.py")
# What these folders test is the repository, not the package.
WITHOUT_REPOSITORY = ("--ignore=tests/docs", "--ignore=tests/architecture", "--ignore=tests/benchmarks")


@nox.session
def lint(session: nox.Session) -> None:
    """Find mistakes and keep one layout, so that reviews are about meaning and a diff shows only what changed."""
    _sync(session, "--only-group", "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def typing(session: nox.Session) -> None:
    """Prove the types: two checkers on what embedders import, since their editors use either; one on all the rest."""
    _sync(session, "--group", "dev", "--group", "node")
    session.run("mypy", *PYTHON_CODE)
    # The Node of the group, not whichever the machine has; and no advice about newer versions.
    session.run("pyright", env={"PYRIGHT_PYTHON_GLOBAL_NODE": "off", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"})


@nox.session
def architecture(session: nox.Session) -> None:
    """Hold the layers apart, since one import in the wrong direction is easily made and hard to take back.

    The tests break every contract on purpose: a contract that cannot break guards nothing.
    """
    _sync(session, "--extra", "server", "--group", "architecture", "--group", "test")
    session.run("lint-imports")
    session.run("pytest", *IN_PARALLEL, "tests/architecture", "tests/benchmarks")


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test in its small profile on SQLite and PostgreSQL: what one runs before and after each change."""
    _sync(session, "--extra", "server", "--group", "test")
    session.run("pytest", *IN_PARALLEL, *WITHOUT_REPOSITORY, *session.posargs)


@nox.session
def bare(session: nox.Session) -> None:
    """Keep the embedder's promise: rules over their own objects need the base dependencies and nothing else."""
    _sync(session, "--extra", "testing", "--group", "parallel")
    # SQL is an extra, so its tests are left out; whatever else needs an extra fails here on import.
    session.run("pytest", *IN_PARALLEL, *AT_A_GLANCE, "--ignore=tests/dsl/sql", "tests/core", "tests/dsl")
    told = session.run("kohorte", "--help", silent=True, success_codes=range(1, 128))
    if "kohorte[server]" not in str(told):
        session.error(f"the command of a bare install must say which extra is missing, but says: {told}")


@nox.session
def lowest(session: nox.Session) -> None:
    """Try the lowest versions that pyproject.toml allows: a bound that nobody has tried is a guess."""
    session.install("--resolution", "lowest-direct", "--editable", ".[server,testing]", "--group", "parallel")
    session.run("pytest", *IN_PARALLEL, *WITHOUT_REPOSITORY, *AT_A_GLANCE)


@nox.session
def wheel(session: nox.Session) -> None:
    """Test what users install: a file missing from the wheel is there in the sources, so these are out of reach."""
    project = Path(session.create_tmp()).resolve() / "project"
    shutil.rmtree(project, ignore_errors=True)
    built = project / "dist"
    session.run_install("uv", "build", "--quiet", "--wheel", "--out-dir", str(built), external=True)
    (file,) = built.glob("*.whl")
    session.install(
        "--reinstall-package", "kohorte", f"kohorte[server,testing] @ {file.as_uri()}", "--group", "parallel"
    )
    shutil.copytree(ROOT / "tests", project / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", project)
    _bring_shared_data_along(project)
    with session.chdir(project):
        session.run("pytest", *IN_PARALLEL, *WITHOUT_REPOSITORY, *AT_A_GLANCE)


@nox.session
def docs(session: nox.Session) -> None:
    """Run what the documentation shows and follow its links: an example that fails costs a reader's trust."""
    _sync(session, "--extra", "server", "--group", "test")
    session.run("pytest", *IN_PARALLEL, "tests/docs")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the targets against peers, which nothing else needs, and write docs/reference/benchmarks.md.

    Names of benchmarks after `--` measure only those and write nothing.
    """
    _sync(session, "--extra", "server", "--group", "test", "--group", "bench")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def thorough(session: nox.Session) -> None:
    """Run the stated figures at full size: too long for every change, and the only proof that they hold."""
    _sync(session, "--extra", "server", "--group", "test")
    session.run(
        "pytest", *IN_PARALLEL, "--timeout=7200", *WITHOUT_REPOSITORY, *session.posargs, env={"KOHORTE_THOROUGH": "1"}
    )


def _sync(session: nox.Session, *selection: str) -> None:
    """Make the session's environment hold exactly the selection, at the versions that all sessions share."""
    session.run_install(
        "uv",
        "sync",
        "--quiet",
        "--no-default-groups",
        *selection,
        f"--python={session.virtualenv.location}",
        env={"UV_PROJECT_ENVIRONMENT": session.virtualenv.location},
        external=True,
    )


def _bring_shared_data_along(project: Path) -> None:
    """Keep the data where tests look for it: beside the project."""
    shared = project.parent / "shared"
    shared.unlink(missing_ok=True)
    if (ROOT.parent / "shared").exists():
        shared.symlink_to(ROOT.parent / "shared")
