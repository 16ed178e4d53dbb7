# expect: not-a-module
BasicBlock = "conv, bn, relu, conv, bn, add, relu"
