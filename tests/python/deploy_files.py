"""Checks the files for deployment without a cluster: python deploy_files.py FOLDER

FOLDER is infra/deploy. The container file goes to hadolint, the compose file to the schema of the Compose
Specification, and the Kubernetes manifests, as kustomize puts them together, to the schemas of Kubernetes, nothing
unknown allowed. `kubectl kustomize` does that where there is a kubectl; without one the patches are applied here, and
where there is one both must agree. Prints what only the program can judge as JSON: the commands of all containers, the
settings they are given, and the paths of the probes.
"""

import copy
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

TOOLS = pathlib.Path(sys.executable).parent
SINGLE = {"executor", "broker", "retrainer"}
BY_PARTITION = {"scanner", "scorer", "labeler"}
ALONE = {"source", "materializer"}


def must(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise SystemExit(f"{what}: found {found!r}, expected {expected!r}")


def run(*words: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{words[0]} found:\n{done.stdout}{done.stderr}")
    return done.stdout


def documents(path: pathlib.Path) -> list[dict]:
    return list(yaml.safe_load_all(path.read_text()))


def merged(under: object, over: object) -> object:
    """A strategic merge as far as these patches need it: maps by key, lists of things with names by name."""
    if isinstance(under, dict) and isinstance(over, dict):
        return under | {key: merged(under[key], value) if key in under else value for key, value in over.items()}
    if isinstance(under, list) and isinstance(over, list):
        key = next((key for key in ("name", "mountPath") if all(key in one for one in under + over)), None)
        if key == "name" and all("mountPath" in one for one in under + over):
            key = "mountPath"
        if key:
            mine = {one[key]: one for one in over}
            both = [merged(one, mine.pop(one[key])) if one[key] in mine else one for one in under]
            return both + list(mine.values())
    return copy.deepcopy(over)


def put_together(base: pathlib.Path) -> list[dict]:
    """The manifests with their patches, as kustomize would; generated names stay as they are."""
    plan = documents(base / "kustomization.yaml")[0]
    found = [one for name in plan["resources"] for one in documents(base / name)]
    for patch in plan["patches"]:
        change = documents(base / patch["path"])[0]
        del change["metadata"]
        label, _, unwanted = patch["target"].get("labelSelector", "").partition("!=")
        for at, one in enumerate(found):
            labels = one["metadata"].get("labels", {})
            if one["kind"] == patch["target"]["kind"] and (not label or labels[label] != unwanted):
                found[at] = merged(one, change)
    return found


def by_kubectl(folder: pathlib.Path, which: str) -> list[dict]:
    with tempfile.TemporaryDirectory() as at:
        copied = pathlib.Path(at) / "kubernetes"
        shutil.copytree(folder, copied)
        (copied / "base/token").write_text("secret\n")
        return list(yaml.safe_load_all(run("kubectl", "kustomize", copied / which)))


def sorted_lists(thing: object) -> object:
    """With the order of lists that have names taken away, and the hashes that kustomize adds to names."""
    if isinstance(thing, dict):
        return {key: sorted_lists(value) for key, value in thing.items() if key not in ("namespace", "image")}
    if isinstance(thing, list):
        return sorted((sorted_lists(one) for one in thing), key=lambda one: json.dumps(one, sort_keys=True))
    if isinstance(thing, str) and thing.startswith(("butterquant-token-", "butterquant-")):
        parts = thing.rsplit("-", 1)
        return parts[0] if len(parts[1]) == 10 else thing
    return thing


def sets(manifests: list[dict]) -> dict[str, dict]:
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == "StatefulSet"}


def check_pod(name: str, pod: dict, volumes: set[str]) -> None:
    must(f"{name}: services in the environment", pod["enableServiceLinks"], False)
    must(f"{name}: token of the cluster", pod["automountServiceAccountToken"], False)
    must(f"{name}: may be root", pod["securityContext"]["runAsNonRoot"], True)
    volumes = volumes | {volume["name"] for volume in pod["volumes"]}
    for one in pod["containers"] + pod.get("initContainers", []):
        must(f"{name}: volumes that are not there", {at["name"] for at in one["volumeMounts"]} - volumes, set())
        must(f"{name}: {one['name']} may", one["securityContext"], {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})


def check_roles(manifests: list[dict]) -> None:
    roles = sets(manifests)
    must("roles", set(roles), SINGLE | BY_PARTITION | ALONE)
    guarded = {one["metadata"]["name"]: one for one in manifests if one["kind"] == "PodDisruptionBudget"}
    must("disruption budgets", set(guarded), set(roles))
    for name, role in roles.items():
        spec, pod = role["spec"], role["spec"]["template"]["spec"]
        must(f"pods of {name}", spec["replicas"], 1 if name in ALONE else 2)
        must(f"labels of {name}", spec["template"]["metadata"]["labels"], spec["selector"]["matchLabels"])
        must(f"budget of {name}", guarded[name]["spec"]["selector"], spec["selector"])
        check_pod(name, pod, {"data"})


def check_scaling(folder: pathlib.Path, settings: dict[str, str]) -> None:
    plan = documents(folder / "keda/kustomization.yaml")[0]
    scaled = {}
    for name in plan["resources"][1:]:
        one = documents(folder / "keda" / name)[0]
        scaled[one["metadata"]["name"]] = one["spec"]
    must("roles that scale", set(scaled), BY_PARTITION)
    for role, spec in scaled.items():
        must(f"{role} scales", spec["scaleTargetRef"]["name"], role)
        must(f"most pods of {role}", str(spec["maxReplicaCount"]), settings["BUTTERQUANT_PARTITIONS"])
        trigger = spec["triggers"][0]["metadata"]
        must(f"group of {role}", trigger["consumerGroup"], role)
        must(f"{role}: brokers from a setting", trigger["bootstrapServersFromEnv"] in settings, True)
        wrong = {key: value for key, value in trigger.items() if not isinstance(value, str)}
        must(f"{role}: values of the trigger that are no text", wrong, {})


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = pathlib.Path(sys.argv[1])
    run(TOOLS / "hadolint", "--no-color", folder / "compose/Dockerfile")
    run(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", folder / "compose/compose.yaml")
    kubernetes = folder / "kubernetes"
    lines = (kubernetes / "base/config.env").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    manifests = put_together(kubernetes / "base")
    if shutil.which("kubectl"):
        real = by_kubectl(kubernetes, "base")
        must("roles by kubectl and by this script", sorted_lists(sets(manifests)), sorted_lists(sets(real)))
        scaled = sets(by_kubectl(kubernetes, "keda"))
        must("roles whose number KEDA sets", {name for name, one in scaled.items() if "replicas" not in one["spec"]}, BY_PARTITION)
        manifests = real
    for one in manifests:
        kubernetes_validate.validate(one, "1.37", strict=True)
    check_roles(manifests)
    check_scaling(kubernetes, settings)
    pods = [role["spec"]["template"]["spec"] for role in sets(manifests).values()]
    containers = [one for pod in pods for one in pod["containers"]]
    page = next(one["spec"]["template"]["spec"] for one in manifests if one["kind"] == "Deployment")
    check_pod("dashboard", page, set())
    compose = documents(folder / "compose/compose.yaml")[0]["services"]["butterquant"]
    print(json.dumps({
        "commands": [one["args"] for one in containers + page["containers"]] + [compose["command"]],
        "waits": sorted({one["command"][-1] for pod in pods for one in pod.get("initContainers", [])}),
        "settings": settings,
        "probes": sorted({one[probe]["httpGet"]["path"] for one in containers
                          for probe in ("startupProbe", "livenessProbe", "readinessProbe")}),
        "topics": sorted(documents(path)[0]["spec"]["triggers"][0]["metadata"]["topic"]
                         for path in (kubernetes / "keda").glob("[ls]*.yaml")),
    }))
    return 0


if __name__ == "__main__":
    sys.exit(main())
