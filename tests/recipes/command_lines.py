"""Command lines, and the sentence that is trained on."""

from recipes.__main__ import main

SENTENCE = b"A small model is trained on this one sentence. "

SMALL = {
    "--model.max-length": 80,
    "--model.embedding-dim": 16,
    "--model.num-latents": 4,
    "--model.latent-dim": 16,
    "--model.num-self-attends-per-block": 1,
    "--model.qk-channels": 16,
    "--model.v-channels": 16,
    "--model.decoder-qk-channels": 16,
    "--model.decoder-v-channels": 16,
    "--optimizer.warmup-steps": 1,
    "--training.steps": 4,
    "--training.evaluate-every": 2,
    "--training.batch-size": 4,
    "--training.jit-compile": "false",
}


def small(*words):
    """The words, with the settings above that are not among them."""
    rest = {key: SMALL[key] for key in SMALL if key not in words}
    return [*words, *(word for pair in rest.items() for word in pair)]


def run(*words):
    """Returns the exit code of a command line."""
    try:
        return main([str(word) for word in words])
    except SystemExit as end:
        return end.code


def write_text(folder, name="text.txt"):
    path = folder / name
    path.write_bytes(SENTENCE * 60)
    return path


def contents(path):
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file()
    }
