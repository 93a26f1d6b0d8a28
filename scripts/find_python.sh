# Prints the first Python that keras_perceiver runs on; PYTHON names one.
for python in ${PYTHON:-python3 python3.12 python3.11 python3.13}; do
  if "$python" -c 'import sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    echo "$python"
    exit 0
  fi
done
echo "keras_perceiver needs Python 3.11, 3.12 or 3.13 with the venv module. Tried: ${PYTHON:-python3 python3.12 python3.11 python3.13}. Name one with: make PYTHON=/path/to/python" >&2
exit 1
