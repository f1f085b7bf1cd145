#!/usr/bin/env escript
%% An MME, as Erlang's diameter application makes one: asks an EIR over S13 and says what it heard.
%%
%%   escript s13_client.erl --to HOST:PORT --realm REALM --temp FOLDER [--name ORIGIN-HOST] [--eir DESTINATION-HOST]
%%                          [--many N] [--stay SECONDS] [IMEI | IMEI/IMSI]...
%%
%% s13.dia lies beside it and is compiled into FOLDER. One line for each answer, with `faults=` where Erlang finds any.
-module(s13_client).
-mode(compile).
-export([main/1]).
-export([peer_up/3, peer_down/3, pick_peer/4, prepare_request/3, prepare_retransmit/3]).
-export([handle_answer/4, handle_error/4, handle_request/3]).

-record(diameter_packet, {header, avps, msg, bin, errors, transport_data}).
-define(S13, 16777252).
-define(TGPP, 10415).

main(Words) ->
    {Options, Checks} = split(Words, #{}, []),
    compile_dictionary(maps:get("--temp", Options)),
    {ok, _} = application:ensure_all_started(diameter),
    Name = maps:get("--name", Options, "mme.erlang.test"),
    Own = #{'Origin-Host' => Name, 'Origin-Realm' => tl(string:find(Name, "."))},
    diameter:subscribe(?MODULE),
    ok = diameter:start_service(?MODULE, maps:to_list(Own) ++ [
        {'Vendor-Id', ?TGPP}, {'Product-Name', "Erlang"}, {'Supported-Vendor-Id', [?TGPP]},
        {'Vendor-Specific-Application-Id', [{'diameter_base_Vendor-Specific-Application-Id', ?TGPP, [?S13], []}]},
        {decode_format, map}, {string_decode, false},
        {application, [{alias, base}, {dictionary, diameter_gen_base_rfc6733}, {module, ?MODULE}]},
        {application, [{alias, s13}, {dictionary, s13}, {module, ?MODULE}, {answer_errors, callback}]}]),
    [Host, Port] = string:split(maps:get("--to", Options), ":"),
    {ok, Address} = inet:getaddr(Host, inet),
    {ok, Transport} = diameter:add_transport(?MODULE, {connect, [
        {transport_module, diameter_tcp}, {watchdog_timer, 6000}, {dpa_timeout, 5000},
        {transport_config, [{ip, {127, 0, 0, 1}}, {raddr, Address}, {rport, list_to_integer(Port)}]}]}),
    await(up),
    To = maps:get("--realm", Options),
    Request = fun(Check) -> request(Own, To, maps:find("--eir", Options), Check) end,
    [io:format("~ts ~ts~n", [Check, ask(Request(Check))]) || Check <- Checks],
    many(list_to_integer(maps:get("--many", Options, "0")), Request),
    timer:sleep(1000 * list_to_integer(maps:get("--stay", Options, "0"))),
    io:format("messages ~0p~n", [messages()]),
    {Took, ok} = timer:tc(fun() -> ok = diameter:remove_transport(?MODULE, Transport), await(down) end),
    io:format("left in ~p ms~n", [Took div 1000]),
    halt(0).

split([[$-, $- | _] = Name, Value | Rest], Options, Checks) -> split(Rest, Options#{Name => Value}, Checks);
split([Check | Rest], Options, Checks) -> split(Rest, Options, [Check | Checks]);
split([], Options, Checks) -> {Options, lists:reverse(Checks)}.

compile_dictionary(Folder) ->
    Source = filename:join(filename:dirname(escript:script_name()), "s13.dia"),
    {ok, [Forms]} = diameter_make:codec(Source, [return, forms]),
    {ok, s13, Code} = compile:forms(Forms),
    ok = file:write_file(filename:join(Folder, "s13.beam"), Code),
    true = code:add_patha(Folder).

%% Waits until the peer is up (CEA) or down (DPA); whatever else comes is said on stderr.
await(What) ->
    receive
        {diameter_event, ?MODULE, Event} when element(1, Event) =:= What -> report(Event);
        {diameter_event, ?MODULE, Event} when element(1, Event) =:= closed ->
            io:format("closed ~0P~n", [element(3, Event), 200]), halt(1);
        {diameter_event, ?MODULE, Event} -> io:format(standard_error, "~0p~n", [Event]), await(What)
    after 10000 -> io:format("not ~p in time~n", [What]), halt(1)
    end.

report({up, _, _, _, #diameter_packet{msg = [_ | Cea], errors = Faults}}) ->
    io:format("up ~0p~ts~n", [Cea, faults(Faults)]);
report(_) -> io:format("down~n").

request(Own, Realm, Eir, Check) ->
    [Imei | Imsi] = string:split(Check, "/"),
    ['ME-Identity-Check-Request' | maps:merge(Own, #{
        'Session-Id' => diameter:session_id(maps:get('Origin-Host', Own)),
        'Auth-Session-State' => 1,
        'Destination-Realm' => Realm,
        'Destination-Host' => [Host || {ok, Host} <- [Eir]],
        'Terminal-Information' => #{'IMEI' => [Imei], 'Software-Version' => ["01"]},
        'User-Name' => Imsi})].

ask(Request) ->
    case diameter:call(?MODULE, s13, Request) of
        {#{'Equipment-Status' := [Status], 'Result-Code' := [Result]}, Faults} ->
            [io_lib:format("result=~p status=~p", [Result, Status]), faults(Faults)];
        {#{'Experimental-Result' := [#{'Experimental-Result-Code' := Result}]}, Faults} ->
            [io_lib:format("experimental=~p", [Result]), faults(Faults)];
        {#{'Result-Code' := Result}, Faults} ->
            [io_lib:format("error=~p", [hd(lists:flatten([Result]))]), faults(Faults)];
        Other -> io_lib:format("none ~0p", [Other])
    end.

faults([]) -> "";
faults(Faults) -> io_lib:format(" faults=~0p", [Faults]).

many(0, _) -> ok;
many(Count, Request) ->
    Self = self(),
    [spawn_link(fun() -> Self ! {answered, ask(Request("352099001761481"))} end) || _ <- lists:seq(1, Count)],
    Answers = [receive {answered, Answer} -> lists:flatten(Answer) end || _ <- lists:seq(1, Count)],
    case [Answer || Answer <- Answers, not lists:prefix("result=2001", Answer)] of
        [] -> io:format("many=~p ok~n", [Count]);
        [First | _] = Bad -> io:format("many=~p bad=~p ~ts~n", [Count, length(Bad), First])
    end.

%% How many of each message went and came: {{application, command, 1 for a request}, way, count}.
messages() ->
    [{Id, Way, Count} || {_, Counts} <- diameter:service_info(?MODULE, statistics), {{Id, Way}, Count} <- Counts].

peer_up(_, _, State) -> State.
peer_down(_, _, State) -> State.
pick_peer([Peer | _], _, _, _) -> {ok, Peer};
pick_peer([], _, _, _) -> false.
prepare_request(Packet, _, _) -> {send, Packet}.
prepare_retransmit(Packet, _, _) -> {send, Packet}.
handle_answer(#diameter_packet{msg = [_ | Answer], errors = Errors}, _, _, _) -> {Answer, Errors};
handle_answer(Packet, _, _, _) -> {undecoded, Packet}.
handle_error(Reason, _, _, _) -> {error, Reason}.
handle_request(_, _, _) -> {protocol_error, 3001}.
