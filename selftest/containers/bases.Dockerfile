# What stands in for the images that the product's Dockerfile begins with, where no registry has them: Debian made by
# debootstrap, with the same users, ports and commands. Alpine's wget is busybox's, so it is that one here, too.

FROM gonogo-debian AS nginx
RUN groupadd --gid 101 nginx && useradd --uid 101 --gid nginx --no-create-home nginx \
  && ln -s /bin/busybox /usr/local/bin/wget
LABEL gonogo.stand-in="Debian with its own nginx"
USER 101
EXPOSE 8080
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]

FROM gonogo-debian AS node
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node \
  && ln -s /bin/busybox /usr/local/bin/wget
COPY node/bin/node /usr/local/bin/
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
# Where a proxy signs for the registry of packages, this machine knows whom to trust.
COPY ca-certificates.crt /etc/ssl/certs/
RUN mkdir -p /usr/local/etc && echo cafile=/etc/ssl/certs/ca-certificates.crt > /usr/local/etc/npmrc
LABEL gonogo.stand-in="Debian with Node.js from the npm registry"
CMD ["node"]
