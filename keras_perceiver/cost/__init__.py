"""What a model costs, before it is built: parameters, FLOPs, memory.

From arithmetic alone: no layer is made, and an answer takes a millisecond.
"""

from keras_perceiver.cost.totals import Cost as Cost
from keras_perceiver.cost.totals import Part as Part
from keras_perceiver.cost.totals import cost as cost
from keras_perceiver.cost.totals import cost_of as cost_of
from keras_perceiver.cost.totals import products as products
