"""The names of rules_cc, mapped to the rules built into Bazel 4 (Debian's rules_cc is too new for it).

The project's own C++ files are compiled with the precompiled header of //bazel/pch.
"""

def _precompiled(attributes):
    own = native.repository_name() == "@" and not native.package_name().startswith("bazel")
    if own and attributes.get("srcs"):
        attributes["deps"] = attributes.get("deps", []) + select({
            "@//bazel/pch:off": [],
            "//conditions:default": ["@//bazel/pch"],
        })
        attributes["copts"] = attributes.get("copts", []) + select({
            "@//bazel/pch:off": [],
            "//conditions:default": ["-include", "bazel/pch/precompiled.h"],
        })
    return attributes

def cc_binary(**attributes):
    native.cc_binary(**_precompiled(attributes))

def cc_library(**attributes):
    native.cc_library(**_precompiled(attributes))

def cc_test(**attributes):
    native.cc_test(**_precompiled(attributes))

cc_import = native.cc_import
cc_proto_library = native.cc_proto_library
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
objc_library = native.objc_library
