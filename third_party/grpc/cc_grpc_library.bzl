"""C++ stubs of gRPC services, made by Debian's grpc_cpp_plugin."""

def _stubs_impl(ctx):
    sources = []
    headers = []
    for target in ctx.attr.protos:
        info = target[ProtoInfo]
        for src in info.direct_sources:
            base = src.basename[:-len(".proto")]
            cc = ctx.actions.declare_file(base + ".grpc.pb.cc")
            h = ctx.actions.declare_file(base + ".grpc.pb.h")
            includes = depset(["."], transitive = [info.transitive_proto_path])
            ctx.actions.run(
                executable = "/usr/bin/protoc",
                arguments = [
                    "--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin",
                    "--grpc_out=" + ctx.bin_dir.path,
                ] + ["-I" + path for path in includes.to_list()] + [src.path],
                inputs = info.transitive_sources,
                outputs = [cc, h],
                mnemonic = "GrpcStubs",
                progress_message = "Making gRPC stubs of %s" % src.short_path,
            )
            sources.append(cc)
            headers.append(h)
    return [
        DefaultInfo(files = depset(sources + headers)),
        OutputGroupInfo(sources = depset(sources), headers = depset(headers)),
    ]

_stubs = rule(
    implementation = _stubs_impl,
    attrs = {"protos": attr.label_list(providers = [ProtoInfo], mandatory = True)},
)

def cc_grpc_library(name, protos, deps, visibility = None):
    """A cc_library of the service stubs of `protos`; `deps` has their cc_proto_library."""
    _stubs(name = name + "_stubs", protos = protos)
    native.filegroup(name = name + "_sources", srcs = [name + "_stubs"], output_group = "sources")
    native.filegroup(name = name + "_headers", srcs = [name + "_stubs"], output_group = "headers")
    native.cc_library(
        name = name,
        srcs = [name + "_sources"],
        hdrs = [name + "_headers"],
        copts = ["-Wno-error"],
        linkstatic = True,
        visibility = visibility,
        deps = deps + ["@system//:grpc"],
    )
