"""What to write into a server's configuration so that its log has the latency."""

LATENCY = {
    "NGINX, in http": (
        'log_format timed \'$remote_addr - $remote_user [$time_local] "$request" $status '
        '$body_bytes_sent "$http_referer" "$http_user_agent" $request_time\';\n'
        "access_log /var/log/nginx/access.log timed;"
    ),
    "Apache": (
        r'LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %D" timed'
        "\nCustomLog ${APACHE_LOG_DIR}/access.log timed"
    ),
    "Caddy, in its site": ("log {\n    output file /var/log/caddy/access.log\n    format json\n}"),
    "Traefik": "accessLog:\n  filePath: /var/log/traefik/access.log\n  format: json",
}
"""Directives by server; all of them are read without further options."""
