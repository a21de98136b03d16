"""C++ code from .proto files by Debian's protoc."""

load("@rules_cc//cc:defs.bzl", "cc_library")

_PROTOC = "protoc -Iproto -I/usr/include"

def _outs(srcs, suffix):
    return [src[:-len(".proto")] + suffix for src in srcs]

def cc_proto(name, srcs, deps = [], grpc = False, **kwargs):
    """A cc_library of the generated messages and, with grpc, of the service stubs as NAME_grpc.

    Args:
      name: of the library.
      srcs: .proto files, below //proto.
      deps: other cc_proto libraries that these import.
      grpc: whether to make NAME_grpc.
      **kwargs: for the libraries.
    """
    native.filegroup(
        name = name + "_srcs",
        srcs = srcs + [dep + "_srcs" for dep in deps],
        visibility = kwargs.get("visibility"),
    )
    native.genrule(
        name = name + "_messages",
        srcs = [name + "_srcs"],
        outs = _outs(srcs, ".pb.h") + _outs(srcs, ".pb.cc"),
        cmd = _PROTOC + " --cpp_out=$(RULEDIR) " + " ".join(["proto/" + s for s in srcs]),
    )
    cc_library(
        name = name,
        srcs = _outs(srcs, ".pb.cc"),
        hdrs = _outs(srcs, ".pb.h"),
        copts = ["-w"],
        includes = ["."],
        deps = deps + ["@system//:protobuf"],
        **kwargs
    )
    if not grpc:
        return
    native.genrule(
        name = name + "_stubs",
        srcs = [name + "_srcs"],
        outs = _outs(srcs, ".grpc.pb.h") + _outs(srcs, ".grpc.pb.cc"),
        cmd = _PROTOC + " --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin --grpc_out=$(RULEDIR) " +
              " ".join(["proto/" + s for s in srcs]),
    )
    cc_library(
        name = name + "_grpc",
        srcs = _outs(srcs, ".grpc.pb.cc"),
        hdrs = _outs(srcs, ".grpc.pb.h"),
        copts = ["-w"],
        includes = ["."],
        deps = [name, "@system//:grpc++"],
        **kwargs
    )
