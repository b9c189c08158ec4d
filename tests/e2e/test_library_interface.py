"""What libmneme shows to programs: its headers, its symbols, its name, and that none of it changes under them."""

import re
import shutil
import subprocess

import pytest

from harness.installed import CC, compile_program, pkg_config, prefix, run  # noqa: F401
from harness.stack import ROOT

FORMER = ROOT / "tests" / "data" / "former_header"


def test_only_the_public_headers_are_installed_and_each_stands_alone(prefix, pkg_config, tmp_path):
    headers = sorted(path.relative_to(prefix / "include") for path in prefix.glob("include/**/*.h"))
    assert headers == sorted(path.relative_to(ROOT / "include") for path in (ROOT / "include").glob("mneme/*.h"))
    whole = (prefix / "include" / "mneme" / "mneme.h").read_text()
    for header in headers:
        included = re.findall(r"#include [<\"]([^>\"]+)", (prefix / "include" / header).read_text())
        assert all(name.startswith("mneme/") or name.startswith("std") or name == "string.h" for name in included), header
        assert header.name == "mneme.h" or f"#include <{header}>" in whole
        for suffix, compiler in ((".c", [CC, "-std=c11"]), (".cpp", ["c++", "-std=c++17"])):
            if shutil.which(compiler[0]) is None:
                continue
            source = tmp_path / f"{header.stem}{suffix}"
            source.write_text(f"#include <{header}>\n#include <{header}>\n")
            done = subprocess.run([*compiler, "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only",
                                   *pkg_config("--cflags"), source], capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, done.stderr


def test_a_program_of_the_former_header_goes_on(prefix, pkg_config, namespace, worker, tmp_path):
    """What was compiled against the first header runs with this library as it does when compiled anew, and no function
    of that header is gone or changed."""
    (library,) = prefix.glob("lib*/**/libmneme.so")
    linked = [*pkg_config("--libs"), f"-Wl,-rpath,{library.parent}"]
    compile_program(FORMER / "program.c", tmp_path / "former", [f"-I{FORMER}", *linked])
    compile_program(FORMER / "program.c", tmp_path / "newest", ["-DNEWEST", *pkg_config("--cflags"), *linked])
    worker()
    done = [run(tmp_path / name, env=namespace.env) for name in ("former", "newest")]
    first, second = (program.stdout.splitlines() for program in done)
    assert (done[0].returncode, done[0].stderr) == (0, "")
    assert "2 rows, 1 delivered" in first and "0 " in first and "did you mean memory.add" in done[0].stdout
    assert first[:1] == second[:1] and first[-2:] == second[-2:]
    source = tmp_path / "both.c"
    source.write_text(f'#include <mneme/mneme.h>\n#include "{FORMER}/functions.h"\nint main(void) {{ return 0; }}\n')
    compile_program(source, tmp_path / "both", pkg_config("--cflags"))


def test_the_library_has_the_soname_that_programs_ask_for(prefix):
    (library,) = prefix.glob("lib*/**/libmneme.so")
    shown = subprocess.run(["readelf", "-d", library], check=True, capture_output=True, text=True).stdout
    assert re.search(r"\(SONAME\).*\[libmneme\.so\.0\]", shown)


# --- without a compiler ---


def declared_functions(prefix):
    """The functions of all installed headers."""
    return {name for header in prefix.glob("include/**/*.h")
            for name in re.findall(r"MNEME_API[^;]*?\b(mneme_\w+)\(", header.read_text())}


def test_the_library_shows_nothing_but_its_interface(prefix):
    (library,) = prefix.glob("lib*/**/libmneme.so")
    listed = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    symbols = {line.split()[2].split("@")[0] for line in listed.splitlines()}
    declared = declared_functions(prefix)
    assert declared and symbols == declared


def test_the_man_page_names_every_function(prefix):
    (page,) = prefix.glob("share/man/man3/libmneme.3")
    for name in declared_functions(prefix):
        assert name in page.read_text(), f"{name} is missing from {page.name}"


CXX = r"""
#include <mneme/mneme.h>
static bool on_row(mneme_result *row, void *) { return mneme_result_text(row, "id").data != nullptr; }
static void on_note(const mneme_note *note, void *) { (void)(mneme_note_kind(note) == MNEME_NOTE_STALE); }
static void on_delivery(const mneme_receipt *receipt, void *) { (void)mneme_receipt_status(receipt); }
int main() {
    mneme_error error = {};
    struct mneme *handle = nullptr;
    mneme_request *request = nullptr;
    mneme_lease *lease = nullptr;
    int status = mneme_connect(&handle, nullptr, nullptr, 0, &error);
    status |= mneme_request_new(&request, handle, "memory.list", &error);
    mneme_request_on_note(request, on_note, nullptr);
    status |= mneme_call(handle, request, on_row, nullptr, 1000, &error);
    status |= mneme_submit_event(handle, mneme_str_from("{}"), on_delivery, nullptr, &error);
    status |= mneme_lease_new(&lease, handle, "nightly", nullptr, &error);
    return status == MNEME_OK && mneme_version() != nullptr;
}
"""


@pytest.mark.skipif(shutil.which("c++") is None, reason="no C++ compiler here")
def test_the_header_is_fit_for_cxx(pkg_config, tmp_path):
    source = tmp_path / "use.cpp"
    source.write_text(CXX)
    subprocess.run(["c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic", source, *pkg_config("--cflags", "--libs"),
                    "-o", tmp_path / "use"], check=True, timeout=60)
