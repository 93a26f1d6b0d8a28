r"""Writes the list of operations that an export may be made of.

    PYTHONPATH=. TENSORFLOW_LIBRARY_FOLDER=FOLDER \
        python keras_perceiver/serving/alone.py scripts.allowed_operations

FOLDER holds libtensorflow_cc.so.2 and libtensorflow_framework.so.2 of the
oldest TensorFlow whose server shall run exports. They lie in its wheel, and
need not be installed.
"""

import pathlib
import re
import textwrap

from keras_perceiver import files
from keras_perceiver.serving.checks import operations
from keras_perceiver.serving.runtime import library

# What no export of this library is made of, and a stranger's must not be.
REFUSED = {
    "of other libraries": r".*>.*",
    "made by the runtime itself": r"_.*",
    "Python": r".*PyFunc.*",
    "compilers": r".*Xla.*|Risc.*|Mlir.*|TfLite.*|.*TRT.*",
    "TPUs": (
        r".*TPU.*|.*T[pP]u[A-Z].*|Infeed.*|Outfeed.*|Prelinearize.*|.*Dedup.*|"
        r".*Minibatch.*|.*SparseCore.*|ConvertToCooTensor|GlobalIterId"
    ),
    "other devices and machines": (
        r"Collective.*|Nccl.*|DTensor.*|.*Rpc.*|Remote.*|Send|Recv|Relayout.*|"
        r"CopyToMesh.*|CrossReplicaSum|AllToAll|WorkerHeartbeat|SyncDevice|"
        r"Distributed.*"
    ),
    # Some have a file's name where one would not look: a vocabulary, a
    # description of messages, where to print.
    "files": (
        r"(?!ShardedFilename).*[Ff]ile.*|.*Reader.*|.*TFRecord.*|LMDB.*|"
        r"RecordInput|Save|SaveSlices|Restore|RestoreSlice|LoadAndRemapMatrix|"
        r"GenerateVocabRemapping|FixedUnigramCandidateSampler|Skipgram|"
        r"ImmutableConst|DecodeProto.*|EncodeProto.*|Print.*"
    ),
    "what is written for those who train and debug": (
        r".*Summary.*|ImportEvent|StatsAggregator.*|Debug.*|DumpTensor|Copy|"
        r"CopyHost|CustomAggregator|.*Calibration.*"
    ),
    "the end of the server": r"Abort",
    # But for those that go over tensors: images are decoded one by one.
    "data sets": (
        r"(?!(Tensor|TensorSlice|Batch|Map|ParallelMap|IgnoreErrors|Options|"
        r"Reduce)Dataset(V2)?$)"
        r".*Dataset.*|.*Iterator.*|Experimental.*|Dummy.*|.*MemoryCache|"
        r".*SeedGenerator|.*ThreadPoolHandle"
    ),
}


def is_allowed(name):
    """Whether an export may have an operation."""
    return not any(re.fullmatch(p, name) for p in REFUSED.values())


def main():
    """Writes the file into the package."""
    allowed = sorted(filter(is_allowed, library.registered_operations()))
    text = (
        f"# Operations of TensorFlow {library.version()} that an export may "
        f"have.\n# Written by {pathlib.Path(__file__).name}.\n"
    )
    text += textwrap.fill(" ".join(allowed), 80, break_long_words=False)
    files.write_text(operations.ALLOWED_FILE, text + "\n")
    print(f"{operations.ALLOWED_FILE}: {len(allowed)} operations")


if __name__ == "__main__":
    main()
