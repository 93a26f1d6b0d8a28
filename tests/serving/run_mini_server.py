"""Starts `mini_server` where only the messages of TensorFlow can be imported.

python alone.py tests.serving.run_mini_server NAME=FOLDER ...
"""

import json
import pathlib
import sys
import types


def main(models):
    # The package's folder without the package, which takes seconds.
    package = types.ModuleType("tensorflow")
    folders = [pathlib.Path(path, "tensorflow") for path in sys.path]
    package.__path__ = [
        str(folder) for folder in folders if (folder / "core").is_dir()
    ]
    sys.modules["tensorflow"] = package
    from keras_perceiver.serving.runtime import library
    from tests.serving import mini_rest
    from tests.serving import mini_server

    library.disable_xla()
    server = mini_server.Server(dict(m.split("=", 1) for m in models))
    services, grpc_port = mini_server.serve_grpc(server)
    rest_port = mini_rest.serve(server)
    print(json.dumps({"grpc": grpc_port, "rest": rest_port}), flush=True)
    sys.stdin.read()
    services.stop(None).wait()


if __name__ == "__main__":
    main(sys.argv[1:])
