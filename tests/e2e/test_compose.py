"""docker-compose.yml and the Dockerfile describe the same world as ops/stack.d and ops/packages."""

import importlib.resources
import json
import os
import pathlib
import re
import subprocess

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]


def stack_shell(service, command):
    """What a command prints that runs with the definitions of ops/stack.d/SERVICE.sh."""
    script = f'PROGRAM=test; source ops/lib.sh; source "ops/stack.d/{service}.sh"; {command}'
    return subprocess.run(["bash", "-euc", script], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def settings_of(service, function, separator):
    lines = stack_shell(service, function).splitlines()
    return {name.strip(): value.strip().strip("'") for name, value in (line.split(separator, 1) for line in lines)}


def packages(group):
    lines = (line.split() for line in (ROOT / "ops" / "packages").read_text().splitlines())
    return {words[1] for words in lines if words and words[0] == group}


def projections():
    """Those that the program has."""
    table = (ROOT / "common" / "config" / "projections.c").read_text()
    return set(re.findall(r'\.name = "(\w+)"', table))


def test_the_file_fits_the_compose_schema():
    schema = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    jsonschema.validate(COMPOSE, json.loads(schema.read_text()))


@pytest.mark.parametrize("service, image, version", [
    ("kafka", "apache/kafka:{}", "$KAFKA_VERSION"),
    ("postgres", "pgvector/pgvector:0.8.0-pg{}", "$POSTGRES_VERSION"),
    ("registry", "apicurio/apicurio-registry-mem:{}", "$REGISTRY_VERSION"),
])
def test_images_have_the_versions_of_the_stack(service, image, version):
    assert SERVICES[service]["image"] == image.format(stack_shell(service, f'echo "{version}"'))


def test_the_embedding_server_is_built_from_the_files_that_the_stack_runs():
    build = SERVICES["embedding"]["build"]
    steps = (ROOT / build["context"] / build["dockerfile"]).read_text()
    assert "ops/embedding-server/requirements.txt" in steps and "ops/embedding-server/fetch" in steps
    assert "COPY ops/embedding-server/*.py ops/embedding-server/models.json" in steps
    assert COMPOSE["x-mneme"]["environment"]["EMBEDDING_MODEL"].endswith(
        f":-{stack_shell('embedding', 'echo $EMBEDDING_MODEL_DEFAULT')}}}")


def test_chroma_is_the_one_that_the_stack_installs():
    version = re.search(r"^chromadb==(\S+)$", (ROOT / "ops/chroma/requirements.txt").read_text(), re.M).group(1)
    assert SERVICES["chroma"]["image"] == f"chromadb/chroma:{version}"


def test_redis_is_the_one_that_debian_packages():
    version = subprocess.run(["redis-server", "--version"], capture_output=True, text=True, check=True).stdout
    assert SERVICES["redis"]["image"] == "redis:" + re.search(r"v=(\d+\.\d+)", version).group(1)


def test_pgvector_is_the_one_that_the_stack_installs():
    shared = stack_shell("postgres", "pgvector_install; cat $POSTGRES_SHARE/extension/vector.control "
                                     "$PGVECTOR_HOME/extension/vector.control 2>/dev/null || true")
    version = re.search(r"default_version = '([\d.]+)'", shared).group(1)
    assert SERVICES["postgres"]["image"].startswith(f"pgvector/pgvector:{version}-")


def test_kafka_has_the_settings_of_the_stack():
    environment = SERVICES["kafka"]["environment"]
    # The image turns KAFKA_SOME_NAME into some.name.
    compose = {name.removeprefix("KAFKA_").lower().replace("_", "."): str(value)
               for name, value in environment.items()}
    stack = settings_of("kafka", "kafka_shared_settings", "=")
    assert {name: compose.get(name) for name in stack} == stack


def test_postgres_has_the_settings_of_the_stack():
    arguments = (word.removeprefix("--").split("=", 1) for word in SERVICES["postgres"]["command"][1:])
    assert dict(arguments) == settings_of("postgres", "postgres_shared_settings", "=")


def test_redis_has_the_settings_of_the_stack():
    words = SERVICES["redis"]["command"][1:]
    compose = {name.removeprefix("--"): value for name, value in zip(words[::2], words[1::2])}
    assert compose == settings_of("redis", "redis_shared_settings", " ")


def test_published_ports_are_on_loopback_only():
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published and all(port.startswith("127.0.0.1:") for port in published)


def test_workers_start_when_tables_and_topic_are_there():
    workers = {name.removeprefix("worker-"): service for name, service in SERVICES.items() if name.startswith("worker-")}
    assert set(workers) == projections()
    assert workers["postgres"]["deploy"]["replicas"] == 2
    for name, worker in workers.items():
        assert worker["command"][:2] == ["work", name]
        assert worker["depends_on"] == workers["postgres"]["depends_on"]
    worker = workers["postgres"]
    for service, command in (("migrate", ["migrate"]), ("topics", ["topics", "create"])):
        assert worker["depends_on"][service]["condition"] == "service_completed_successfully"
        assert SERVICES[service]["command"] == command


def test_the_image_holds_every_library_that_the_program_needs():
    binary = pathlib.Path(os.environ.get("MNEME_BUILD_DIR", ROOT / "build" / "release")) / "mneme"
    dynamic = subprocess.run(["readelf", "-d", binary], capture_output=True, text=True, check=True).stdout
    libraries = re.findall(r"\(NEEDED\)\s+Shared library: \[([^\]]+)\]", dynamic)
    assert "librdkafka.so.1" in libraries
    loaded = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
    paths = dict(re.findall(r"(\S+) => (\S+)", loaded))  # the loader itself has no arrow
    wanted = set()
    for path in (pathlib.Path(paths[library]) for library in libraries if library in paths):
        # Without its beginning, since /lib is a link to /usr/lib and packages know either name.
        pattern = f"*/{path.parent.name}/{path.name}"
        owner = subprocess.run(["dpkg", "-S", pattern], capture_output=True, text=True, check=True).stdout
        wanted.add(owner.split(":")[0])
    assert wanted - {"libc6"} <= packages("image")
