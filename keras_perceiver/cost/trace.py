"""What a forward pass computes and holds, told operation by operation."""

import collections
import contextlib
import dataclasses


@dataclasses.dataclass(frozen=True, eq=False)
class Tensor:
    """One intermediate result: a sequence of rows.

    Attributes:
        rows: its length, of one example.
        channels: the width of a row.
        itemsize: bytes of one number.
        batch: how many examples it holds: 1 for what all of them share.
        size: bytes over the whole batch; 0 for weights and given inputs,
            which are no activations.
    """

    rows: int
    channels: int
    itemsize: int
    batch: int
    size: int


@dataclasses.dataclass(frozen=True, order=True)
class Product:
    """A matrix product `(rows, inner) x (inner, columns)`.

    Attributes:
        rows: of the result.
        inner: how many products are added up for each of its numbers.
        columns: of the result.
        number: how many of the same size are taken at a time: heads and
            examples, or 1 where all rows meet one matrix.
    """

    rows: int
    inner: int
    columns: int
    number: int

    @property
    def flops(self):
        """Its operations: a multiply and an add are two."""
        return 2 * self.number * self.rows * self.inner * self.columns


class Trace:
    """Adds up parameters, operations and bytes while a model is described.

    A description calls these methods in the order in which the layers would
    compute, and hands the tensors on. Nothing is computed but sizes.

    What a backward pass needs is what the layers keep on TensorFlow: inputs
    of linear layers, norms and GELUs, and both sides of a product, such as
    the weights of a softmax, which take the place of its scores. JAX's
    compiler decides for itself.

    Args:
        batch: number of examples.
        itemsize: bytes of one number of an activation.

    Attributes:
        parameters: trainable numbers by the name of the part.
        flops: operations on one example by the name of the part.
        products: how often each `Product` is taken.
        kept: bytes that the backward pass needs of the forward pass.
        remade: bytes that it makes anew and holds at a time.
    """

    # Whether a cross-attend is told whole, and not by its operations.
    folds = False

    def __init__(self, batch, itemsize):
        self.batch = batch
        self.itemsize = itemsize
        self.parameters = collections.Counter()
        self.flops = collections.Counter()
        self.products = collections.Counter()
        self.kept = 0
        self.remade = 0
        self._part = None
        self._sets_of_weights = 1
        self._applications = 1
        self._operations = []
        self._kept_tensors = set()

    @contextlib.contextmanager
    def part(self, name):
        """What is told in here belongs to the part of that name."""
        outer, self._part = self._part, name
        yield
        self._part = outer

    @contextlib.contextmanager
    def repeated(self, applications, sets_of_weights):
        """What is told in here happens many times, each on the last's result.

        Args:
            applications: how many times.
            sets_of_weights: how many of them bring weights of their own.
        """
        outer = self._applications, self._sets_of_weights
        self._applications = outer[0] * applications
        self._sets_of_weights = outer[1] * sets_of_weights
        yield
        self._applications, self._sets_of_weights = outer

    @contextlib.contextmanager
    def rematerialized(self, x):
        """Of what is told in here, the backward pass is left `x` alone.

        It makes the rest anew, for one application at a time.
        """
        self.keep(x)
        kept = self.kept
        yield
        self.remade = max(self.remade, (self.kept - kept) // self._applications)
        self.kept = kept

    def add_parameters(self, count):
        """Notes trainable numbers."""
        self.parameters[self._part] += count * self._sets_of_weights

    def given(self, rows, channels):
        """An input of the model, which its caller holds."""
        return Tensor(rows, channels, self.itemsize, self.batch, 0)

    def learned(self, rows, channels):
        """A trainable array, which all examples share."""
        self.add_parameters(rows * channels)
        return Tensor(rows, channels, self.itemsize, 1, 0)

    def constant(self, rows, channels):
        """What is computed from nothing, and shared by all examples."""
        return self.operation([], rows, channels, batch=1)

    def operation(
        self,
        reads,
        rows,
        channels,
        *,
        flops=0,
        keeps=(),
        batch=None,
        itemsize=None,
    ):
        """Any operation.

        Args:
            reads: the tensors that it reads.
            rows: length of its result.
            channels: width of its result.
            flops: its operations on one example; a multiply and an add are
                two.
            keeps: the tensors that its backward pass needs.
            batch: how many examples the result holds. Defaults to what it
                reads: one only if each of them is shared.
            itemsize: bytes of one number of the result. Defaults to the
                widest of what it reads.

        Returns:
            Its result.
        """
        self.flops[self._part] += flops * self._applications
        batch = batch or max(tensor.batch for tensor in reads)
        itemsize = itemsize or max(
            (tensor.itemsize for tensor in reads), default=self.itemsize
        )
        size = batch * rows * channels * itemsize
        result = Tensor(rows, channels, itemsize, batch, size)
        for tensor in keeps:
            self.keep(tensor)
        self._operations.append((tuple(reads), result))
        return result

    def keep(self, tensor):
        """Notes that the backward pass needs a tensor."""
        if tensor not in self._kept_tensors:
            self._kept_tensors.add(tensor)
            self._keep_bytes(tensor.size)

    def _keep_bytes(self, size):
        self.kept += size * self._applications

    def linear(self, x, channels, *, bias=True):
        """A linear layer on every row."""
        self.add_parameters((x.channels + bias) * channels)
        return self.product(x, channels)

    def product(self, x, channels):
        """Every row times a matrix that belongs to another part."""
        self._note_product(x.batch * x.rows, x.channels, channels)
        return self.operation(
            [x],
            x.rows,
            channels,
            flops=2 * x.rows * x.channels * channels,
            keeps=[x],
        )

    def attention_products(self, query, key, value, num_heads):
        """Notes the two products of an attention, of scores and of values."""
        number = num_heads * max(query.batch, key.batch)
        for inner, columns in (
            (query.channels // num_heads, key.rows),
            (key.rows, value.channels // num_heads),
        ):
            self._note_product(query.rows, inner, columns, number)

    def _note_product(self, rows, inner, columns, number=1):
        product = Product(rows, inner, columns, number)
        self.products[product] += self._applications

    def norm(self, x):
        """Layer normalisation with a scale and an offset."""
        self.add_parameters(2 * x.channels)
        return self.elementwise(x, keeps=[x])

    def gelu(self, x):
        """GELU."""
        return self.elementwise(x, keeps=[x])

    def relu(self, x):
        """Zero for what is negative."""
        return self.elementwise(x, keeps=[x])

    def elementwise(self, x, *, keeps=(), batch=None):
        """An operation whose result is as large as what it reads."""
        return self.operation([x], x.rows, x.channels, keeps=keeps, batch=batch)

    def add(self, x, y):
        """A sum."""
        return self.operation([x, y], x.rows, x.channels)

    def dropout(self, x, rate):
        """Notes the mask of what is dropped, a byte for each number."""
        if rate:
            self._keep_bytes(x.batch * x.rows * x.channels)
        return x

    def float32(self, x):
        """The same in float32, as heads take it under every policy."""
        if x.itemsize >= 4:
            return x
        return self.operation([x], x.rows, x.channels, itemsize=4)

    def output(self, x):
        """What the model returns, in float32; the loss needs it."""
        self.keep(self.float32(x))

    def some_rows(self, x, rows):
        """Some of the rows, as they are."""
        return self.operation([x], rows, x.channels)

    def as_it_is(self, x):
        """What a layer takes whole, and not for its first product alone."""
        return x

    def of_free_length(self, x):
        """Rows of whose number nothing is known when a model is built."""
        return x

    def concatenate_channels(self, *tensors):
        """Joins sequences of one length."""
        channels = sum(tensor.channels for tensor in tensors)
        return self.operation(tensors, tensors[0].rows, channels)

    def concatenate_rows(self, *tensors):
        """Joins sequences of one width."""
        rows = sum(tensor.rows for tensor in tensors)
        return self.operation(tensors, rows, tensors[0].channels)

    def peak(self):
        """The largest sum of tensors alive at one time, in bytes.

        A tensor lives from the operation that makes it to the last one that
        reads it, an output to the end; no operation writes over what it
        reads.
        """
        last_use = {}
        for place, (reads, _) in enumerate(self._operations):
            last_use.update(dict.fromkeys(reads, place))
        alive = largest = 0
        for place, (reads, result) in enumerate(self._operations):
            alive += result.size
            largest = max(largest, alive)
            alive -= sum(
                tensor.size
                for tensor in set(reads)
                if last_use[tensor] == place
            )
        return largest
