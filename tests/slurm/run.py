#!/usr/bin/env python3
"""A run that is split by a real Slurm, and merged by it, has the bytes of the run that is not: also when a task is killed, the
controller is restarted, a node is lost.

Starts a controller and three nodes of its own, on loopback and in a folder of its own, and submits the lines of README.md as
they stand there. Each failure is shown to have happened: a program is stopped in the middle of its work before it is killed,
and afterwards Slurm must have started just the tasks again that were hit.

    python3 tests/slurm/run.py                      # of target/release/shortfall, or what PROGRAM names

It needs Slurm and munge (Debian: slurmctld slurmd slurm-client munge), no rights, no cgroups, and is skipped without them.
"""

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from same_files import contents, differences  # noqa: E402

PROGRAM = Path(os.environ.get("PROGRAM") or ROOT / "target/release/shortfall").resolve()
NEEDED = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol", "scancel"]
NODES = ["n1", "n2", "n3"]
# What a shard takes when it has the machine for itself, seconds: long enough to be hit.
SHARD_SECONDS = 0.7
# One chart tells as well as all of them whether they are the same.
CHARTS = '[[charts]]\nkind = "fan"\nseries = "shortage_fraction.importer.metal"\n'
# Most seconds that anything is waited for.
PATIENCE = 300


class Fault(Exception):
    """What is not as it must be."""


def require(is_so, what):
    if not is_so:
        raise Fault(what)


def until(found, what, seconds=PATIENCE):
    """Waits until `found` returns something; returns that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = found()
        if result:
            return result
        time.sleep(0.05)
    raise Fault(f"after {seconds} s: {what}")


def recipe():
    """The two lines of README.md, and how many shards they ask for. docs/shards.md must have them too."""
    pages = [(ROOT / page).read_text() for page in ["README.md", "docs/shards.md"]]
    blocks = [re.findall(r"```text\n(.*?)```", page, re.S) for page in pages]
    own = [[block for block in of_page if block.startswith("id=$(sbatch ")] for of_page in blocks]
    require(len(own[0]) == 1 and own[0] == own[1][:1], "README.md and docs/shards.md must have the same lines for Slurm")
    array, merge = own[0][0].replace("\\\n", "").strip().split("\nsbatch ")
    shards = int(re.search(r"--shards (\d+) ", array).group(1))
    require(f"--array=1-{shards} " in array, "the array must have as many tasks as there are shards")
    return array, "sbatch " + merge, shards


def processes(variables):
    """The programs that run with these variables: by id, the node they run on."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            parts = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
            set_there = dict(part.split("=", 1) for part in parts if "=" in part)
            is_program = (folder / "exe").resolve() == PROGRAM
        except OSError:
            continue  # it has ended, or is not ours
        if is_program and all(set_there.get(name) == value for name, value in variables.items()):
            found[int(folder.name)] = set_there.get("SLURMD_NODENAME")
    return found


def state(process):
    """The letter of the state of a process, and the process that started it; none if there is no such process."""
    try:
        rest = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None, None
    return rest[0], int(rest[1])


def is_gone(process):
    return state(process)[0] in (None, "Z")


def kill(process, what=signal.SIGKILL):
    try:
        os.kill(process, what)
    except ProcessLookupError:
        pass


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Cluster:
    """A controller and its nodes."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []
        for name in ["state", "munge", "bin"]:
            (folder / name).mkdir()
        # munge looks at the rights of the folders above its socket.
        for name in [folder, folder / "munge"]:
            name.chmod(0o755)
        (folder / "bin/shortfall").symlink_to(PROGRAM)
        (folder / "munge/key").write_bytes(os.urandom(128))
        (folder / "munge/key").chmod(0o600)
        said = subprocess.run(["slurmctld", "-V"], capture_output=True, text=True, check=True).stdout
        self.version = tuple(int(number) for number in re.search(r"(\d+)\.(\d+)", said).groups())
        self.configure()
        left_out = ("SLURM", "SBATCH", "SALLOC", "SQUEUE", "GITHUB_STEP_SUMMARY")
        self.variables = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
        self.variables |= {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{folder}/bin:{os.environ['PATH']}"}

    def configure(self):
        own, host, user = self.folder, socket.gethostname().split(".")[0], getpass.getuser()
        controller, *ports = free_ports(1 + len(NODES))
        lines = [
            "ClusterName=test",
            f"SlurmctldHost={host}(127.0.0.1)",
            f"SlurmctldPort={controller}",
            f"SlurmUser={user}",
            f"SlurmdUser={user}",
            "AuthType=auth/munge",
            # A task that is requeued waits until the credential of its first start has expired.
            f"AuthInfo=socket={own}/munge/socket,cred_expire=5",
            f"StateSaveLocation={own}/state",
            f"SlurmdSpoolDir={own}/spool-%n",
            f"SlurmctldPidFile={own}/slurmctld.pid",
            f"SlurmdPidFile={own}/%n.pid",
            f"SlurmctldLogFile={own}/slurmctld.log",
            f"SlurmdLogFile={own}/%n.log",
            "ProctrackType=proctrack/linuxproc",
            "TaskPlugin=task/none",
            "JobAcctGatherType=jobacct_gather/none",
            "AccountingStorageType=accounting_storage/none",
            "MpiDefault=none",
            "SelectType=select/cons_tres",
            "SelectTypeParameters=CR_CPU",
            "SchedulerParameters=sched_interval=1,bf_interval=1",
            "SlurmdTimeout=5",
            "MessageTimeout=3",
            "TCPTimeout=1",
            "ReturnToService=2",
            "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny",
            "SlurmdParameters=config_overrides",
            *[f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2" for name, port in zip(NODES, ports)],
            "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
        ]
        (own / "slurm.conf").write_text("\n".join(lines) + "\n")
        # Without this a node does not start where no cgroup file system is mounted.
        plugin = "cgroup/v1" if self.version < (23, 2) else "disabled"
        (own / "cgroup.conf").write_text(f"CgroupPlugin={plugin}\n")

    def run(self, *command, check=True):
        done = subprocess.run(command, env=self.variables, capture_output=True, text=True, timeout=PATIENCE)
        require(not check or done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return done.stdout

    def pid(self, name):
        """The process that a daemon says it is; none before it does."""
        path = self.folder / f"{name}.pid"
        text = path.read_text().strip() if path.exists() else ""
        return int(text) if text.isdigit() else None

    def start(self, name, *command):
        self.run(*command)
        process = until(lambda: self.pid(name), f"{name} has not said which process it is")
        self.started.append(process)
        return process

    def start_controller(self):
        return self.start("slurmctld", "slurmctld")

    def begin(self):
        munge = self.folder / "munge"
        files = {"key": "key", "socket": "socket", "pid": "pid.pid", "seed": "seed", "log": "log"}
        options = [f"--{what if what == 'socket' else what + '-file'}={munge}/{name}" for what, name in files.items()]
        self.start("munge/pid", "munged", "--force", *options)
        self.start_controller()
        for name in NODES:
            self.start(name, "slurmd", "-N", name)
        until(lambda: self.nodes().count("State=IDLE") == len(NODES), "the nodes are not there")

    def nodes(self):
        return self.run("scontrol", "show", "nodes", check=False)

    def stop(self, name):
        """Ends a daemon as the system would, and waits until it is gone: then its port is free."""
        process = self.pid(name)
        if process is None:
            return
        kill(process, signal.SIGTERM)
        until(lambda: is_gone(process), f"{name} does not end", 20)

    def end(self):
        """Ends all that is still there."""
        try:
            self.run("scancel", "--user", getpass.getuser(), check=False)
            until(lambda: not processes({"SLURM_CONF": self.variables["SLURM_CONF"]}), "programs go on", 10)
        except (Fault, subprocess.SubprocessError):
            for process in processes({"SLURM_CONF": self.variables["SLURM_CONF"]}):
                kill(process)
        for name in [*NODES, "slurmctld", "munge/pid"]:
            try:
                self.stop(name)
            except Fault as fault:
                print(fault)
        for process in self.started:
            kill(process)

    def job(self, name):
        """What Slurm says of a job."""
        said = self.run("scontrol", "-o", "show", "job", name, check=False)
        return dict(part.split("=", 1) for part in said.split() if "=" in part)

    def logs(self):
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and (path.suffix in [".log", ".out"] or path.name == "log"):
                print(f"--- {path.relative_to(self.folder)}")
                print("\n".join(path.read_text(errors="replace").splitlines()[-40:]))


class Submitted:
    """The lines of README.md in a folder of their own, submitted."""

    def __init__(self, cluster, name, config, lines, shards):
        self.cluster, self.shards = cluster, shards
        self.work = cluster.folder / name
        self.work.mkdir()
        (self.work / "my.toml").write_text(config)
        script = "\n".join(["set -e", *lines, "echo array $id"])
        done = subprocess.run(["bash", "-c", script], cwd=self.work, env=cluster.variables, capture_output=True, text=True,
                              timeout=PATIENCE)
        require(done.returncode == 0, f"{lines}: {done.stdout}{done.stderr}")
        self.merge = re.search(r"Submitted batch job (\d+)", done.stdout).group(1)
        self.array = re.search(r"array (\d+)", done.stdout).group(1)

    def running(self, **variables):
        """The programs of the array that run now."""
        return processes({"SLURM_ARRAY_JOB_ID": self.array, **variables})

    def stop_one(self, **variables):
        """Stops a program that simulates, so that it cannot end before it is killed; returns its process and its node."""
        def stopped():
            for process, node in self.running(**variables).items():
                kill(process, signal.SIGSTOP)
                if until(lambda: state(process)[0] in (None, "T", "Z"), "a program does not stop") and state(process)[0] == "T":
                    return process, node
            return None
        return until(stopped, f"no program with {variables} runs")

    def restarts(self):
        """How often Slurm has started each task again."""
        return {k: int(self.cluster.job(f"{self.array}_{k}")["Restarts"]) for k in range(1, self.shards + 1)}

    def finish(self, whole, again):
        """Waits for the merge. Its files must be those of the run in one; tasks started again must be these, once each."""
        def ended():
            now = self.cluster.job(self.merge).get("JobState")
            return now if now not in ("PENDING", "RUNNING", "COMPLETING", "CONFIGURING", None) else None
        said = until(ended, "the merge has not ended")
        output = "\n".join(path.read_text() for path in sorted(self.work.glob("slurm-*.out")))
        require(said == "COMPLETED", f"the merge ended as {said}\n{output}")
        differ = differences(contents(self.work / "shortfall-out/my"), whole)
        require(not differ, f"these files are not those of the run in one: {differ}")
        found = {k for k, times in self.restarts().items() if times == 1}
        require(found == set(again) and sum(self.restarts().values()) == len(again),
                f"started again must be tasks {sorted(again)}, once each: {self.restarts()}")


def plain(cluster, submit, whole):
    submit("plain").finish(whole, [])
    return "nothing happened to it"


def task_killed(cluster, submit, whole):
    run = submit("task-killed")
    process, _ = run.stop_one(SLURM_ARRAY_TASK_ID="3")
    require(not (run.work / f"shortfall-out/my-shards/3-of-{run.shards}/tally.bin").exists(), "shard 3 was there already")
    kill(process)
    run.finish(whole, [3])
    return "the program of task 3 was killed, and the task ran again"


def controller_restarted(cluster, submit, whole):
    run = submit("controller-restarted")
    until(run.running, "no program runs")
    before = cluster.pid("slurmctld")
    cluster.stop("slurmctld")
    alone = len(run.running())
    require(alone > 0, "no program ran while there was no controller")
    (cluster.folder / "slurmctld.pid").unlink(missing_ok=True)
    after = cluster.start_controller()
    require(is_gone(before) and before != after, "it is the same controller")
    run.finish(whole, [])
    return f"{alone} programs ran while there was no controller, and another took over"


def node_lost(cluster, submit, whole):
    run = submit("node-lost")
    _, node = run.stop_one()
    # The first to go is the node itself, so that it starts no more tasks.
    kill(cluster.pid(node))
    until(lambda: is_gone(cluster.pid(node)), f"{node} does not end")
    lost = run.running(SLURMD_NODENAME=node)
    tasks = set()
    for process in lost:
        kill(process, signal.SIGSTOP)
        variables = Path(f"/proc/{process}/environ").read_bytes().decode().split("\0")
        tasks.add(int(next(one for one in variables if one.startswith("SLURM_ARRAY_TASK_ID=")).split("=")[1]))
    for process in lost:
        # Program, script, and the step that would tell the controller of its end: the last one first.
        above = [process]
        while "slurm" in (name := Path(f"/proc/{state(above[-1])[1]}/comm").read_text()) or name.strip() in ("sh", "bash"):
            above.append(state(above[-1])[1])
        for one in reversed(above):
            kill(one)
    until(lambda: re.search(rf"NodeName={node} .*?State=DOWN", cluster.nodes(), re.S), f"{node} is not down")
    run.finish(whole, tasks)
    return f"{node} was lost with tasks {sorted(tasks)}, which ran again on others"


def trials(folder, config, shards):
    """As many as give a shard enough to do, by a short timing."""
    (folder / "my.toml").write_text(config)
    few, seconds = 500, 0.0
    while seconds < 0.5 * SHARD_SECONDS:
        few *= 4
        begun = time.monotonic()
        subprocess.run([PROGRAM, "run", "my.toml", "-n", str(few), "--shard", "1/1", "-q", "--force"], cwd=folder, check=True)
        seconds = time.monotonic() - begun
    return int(few / seconds * SHARD_SECONDS) * shards


def main():
    lacking = [name for name in NEEDED if not shutil.which(name)]
    if lacking:
        print(f"skipped: {', '.join(lacking)} cannot be found; install slurmctld, slurmd, slurm-client and munge")
        return 0
    if not PROGRAM.exists():
        raise SystemExit(f"{PROGRAM} is not there: cargo build --release")
    # Whoever ends this script ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    begun = time.monotonic()
    array, merge, shards = recipe()
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        folder = Path(folder)
        folder.chmod(0o755)
        config = (ROOT / "configs/quickstart.toml").read_text()
        config += f"\n{CHARTS}\n[run]\ntrials = {trials(folder, config, shards)}\n"
        (folder / "my.toml").write_text(config)
        subprocess.run([PROGRAM, "run", "my.toml", "-q", "-o", "whole"], cwd=folder, check=True)
        whole = contents(folder / "whole")
        cluster = Cluster(folder)
        try:
            cluster.begin()
            version = ".".join(f"{number:02}" for number in cluster.version)
            print(f"Slurm {version} as {getpass.getuser()}: a controller and {len(NODES)} nodes, {shards} shards, "
                  f"{config.split()[-1]} trials ({time.monotonic() - begun:.0f} s)", flush=True)
            for case in [plain, task_killed, controller_restarted, node_lost]:
                since = time.monotonic()
                proved = case(cluster, lambda name: Submitted(cluster, name, config, [array, merge], shards), whole)
                took = time.monotonic() - since
                print(f"  the same {len(whole)} files as the run in one: {proved} ({took:.0f} s)", flush=True)
        except BaseException as fault:
            cluster.logs()
            print(f"failed: {fault or type(fault).__name__}")
            if isinstance(fault, (Fault, subprocess.SubprocessError)):
                return 1
            raise
        finally:
            cluster.end()
    print(f"all is well ({time.monotonic() - begun:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
