"""libmneme as `cmake --install` puts it into a folder of its own, for tests of programs that use it."""

import os
import subprocess

import pytest

from harness.program import BUILD, clean_environment

CC = os.environ.get("CC", "cc")


def is_sanitized():
    """Whether the library needs the run-time part of a sanitizer, which a plain program lacks."""
    return "MNEME_SANITIZE:STRING=\n" not in (BUILD / "CMakeCache.txt").read_text()


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    if not (BUILD / "libmneme.so").exists() or not (BUILD / "libmneme.a").exists():
        pytest.fail(f"{BUILD} holds no libmneme; build it first: cmake --build {BUILD}")
    if is_sanitized():
        pytest.skip("a sanitized library is of no use to other programs")
    folder = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", folder], check=True, capture_output=True, timeout=60)
    return folder


@pytest.fixture(scope="module")
def pkg_config(prefix):
    (found,) = prefix.glob("lib*/**/pkgconfig")

    def ask(*options):
        return subprocess.run(["pkg-config", *options, "mneme"], check=True, capture_output=True, text=True,
                              env={**os.environ, "PKG_CONFIG_PATH": str(found)}).stdout.split()
    return ask


def compile_program(source, program, flags):
    done = subprocess.run([CC, "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", source, "-o", program, *flags],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def run(program, *arguments, env):
    return subprocess.run([program, *arguments], env=clean_environment(env), capture_output=True, text=True,
                          timeout=120, check=False)
