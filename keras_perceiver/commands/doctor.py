"""`keras-perceiver doctor`: whether all is there and works, and what to do."""

import dataclasses
import json


def add(commands):
    """Adds the parser of the command to those of the others."""
    doctor = commands.add_parser(
        "doctor",
        help="say what this installation has, lacks and can do",
        description="Looks at versions, extras, devices, memory and disks, "
        "and takes a tiny model through a train step, an export and its "
        "check. Ends with 0 where all that everybody needs works, and with 1 "
        "where something does not; what to do stands below it.",
    )
    doctor.add_argument(
        "--json", action="store_true", help="the same for programs"
    )
    doctor.add_argument(
        "--skip-smoke-test",
        action="store_true",
        help="build, train and export no model, which takes half a minute",
    )
    doctor.set_defaults(run=_run)


def _run(options):
    from keras_perceiver.doctor.examination import examine

    parts = examine(with_smoke_test=not options.skip_smoke_test)
    report = _print_json if options.json else _print_lines
    return 1 if report(parts) else 0


def _print_json(parts):
    """Prints everything at its end; returns the number of problems."""
    written = {
        title: [
            {"state": finding.state, **dataclasses.asdict(finding)}
            for finding in findings
        ]
        for title, findings in parts
    }
    states = [one["state"] for found in written.values() for one in found]
    problems = states.count("problem")
    print(json.dumps({"healthy": not problems, "parts": written}, indent=2))
    return problems


def _print_lines(parts):
    """Prints each finding when it is there; returns the number of problems."""
    states = []
    for title, findings in parts:
        print(title, flush=True)
        for finding in findings:
            states.append(finding.state)
            print(f"  {finding.state:<8} {finding.name}: {finding.value}")
            if finding.cure is not None:
                print(f"           -> {finding.cure}", flush=True)
    problems, notes = states.count("problem"), states.count("note")
    print(f"\n{problems} problems, {notes} notes. ", end="")
    if problems:
        print("What to do about each stands below it, behind ->.")
    else:
        print("Healthy: notes are what only some need.")
    return problems
