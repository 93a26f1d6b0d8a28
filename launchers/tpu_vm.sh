#!/bin/sh
# One run on the TPU of a TPU VM: sh launchers/tpu_vm.sh
#
# To be started on the VM itself, with the TensorFlow that is built for TPUs
# (tensorflow-tpu, with libtpu) in place of tensorflow. Not run on a TPU yet.
set -eu
export TPU_NAME="${TPU_NAME:-local}"
exec python -m recipes byte_mlm train --config base --strategy tpu "$@"
