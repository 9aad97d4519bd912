Console.Error.WriteLine("plenumd: no role given. Use: plenumd master | plenumd agent | plenumd up");
return 64;
