"""Small tables, written by hand for the tests of labelled texts."""

HEADERS = {
    "MNLI": "index\tgenre\tsentence1\tsentence2\tlabel1\tgold_label",
    "MRPC": "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String",
    "QNLI": "index\tquestion\tsentence\tlabel",
    "QQP": "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
    "RTE": "index\tsentence1\tsentence2\tlabel",
    "SST-2": "sentence\tlabel",
    "STS-B": "index\tgenre\tsentence1\tsentence2\tscore",
}
ROWS = {
    "CoLA": ["gj04\t1\t\tIt rained.", "gj04\t0\t*\tIt rained it."],
    "MNLI": [
        "0\tfiction\tA man eats.\tSomeone eats.\tneutral\tentailment",
        "1\tfiction\tA man eats.\tA man eats fish.\tneutral\tneutral",
        "2\tfiction\tA man eats.\tNobody eats.\tneutral\tcontradiction",
    ],
    "MRPC": ['1\t1\t2\tHe said "yes.\tHe agreed."', "0\t3\t4\tIt rose.\tNo."],
    "QNLI": [
        "0\tWho rose?\tShe rose.\tentailment",
        "1\tWho fell?\tShe rose.\tnot_entailment",
    ],
    "QQP": ["0\t1\t2\tWhy?\tWhat for?\t1", "1\t3\t4\tWhy?\tWho?\t0"],
    "RTE": [
        "0\tIt rained all day.\tIt rained.\tentailment",
        "1\tIt rained.\tIt snowed.\tnot_entailment",
    ],
    "SST-2": ["a fine film \t1", "a poor film \t0"],
    "STS-B": ["0\tnews\tIt rose.\tIt went up.\t4.600", "1\tnews\tA.\tB.\t0"],
}


def write(path, *lines, end="\n"):
    """Writes a file of these lines, and the folders that it takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = b"".join(
        line if isinstance(line, bytes) else (line + end).encode()
        for line in lines
    )
    path.write_bytes(content)
    return path


def write_glue(folder, *names, end="\n"):
    """Writes GLUE's tasks: what is held out is the last row of training."""
    for name in names or ROWS:
        header = [HEADERS[name]] if name in HEADERS else []
        rows = ROWS[name]
        write(folder / name / "train.tsv", *header, *rows, end=end)
        heldout = ["dev.tsv"]
        if name == "MNLI":
            heldout = ["dev_matched.tsv", "dev_mismatched.tsv"]
        for file in heldout:
            write(folder / name / file, *header, rows[-1], end=end)
    return folder
